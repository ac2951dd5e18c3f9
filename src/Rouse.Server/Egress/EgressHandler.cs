using System.Net;
using System.Net.Sockets;

namespace Rouse.Server.Egress;

/// <summary>
/// Connects to what <see cref="EgressPolicy"/> allows and to nothing else. The check stands where the connection is made: it sees the addresses
/// that are connected to, so neither odd spellings nor a name that resolves otherwise a moment later pass it. Redirects are not followed.
/// </summary>
internal static class EgressHandler
{
    /// <summary>From the name to a connection, without TLS.</summary>
    private static readonly TimeSpan s_connectTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Long enough to reuse connections, short enough to follow a name that moves.</summary>
    private static readonly TimeSpan s_connectionLifetime = TimeSpan.FromMinutes(2);

    public static SocketsHttpHandler Create(EgressPolicy policy, int maxConnectionsPerServer) => new()
    {
        AllowAutoRedirect = false,
        // A proxy would look the name up itself, behind the check.
        UseProxy = false,
        UseCookies = false,
        // The framework's own clock is for what follows, TLS: were it the first to end a silent host's connection, that would look unlike a blocked one.
        ConnectTimeout = s_connectTimeout * 2,
        MaxConnectionsPerServer = maxConnectionsPerServer,
        PooledConnectionLifetime = s_connectionLifetime,
        ConnectCallback = (context, ct) => ConnectAsync(policy, context.DnsEndPoint, ct),
    };

    /// <exception cref="SocketException">
    /// There is no connection, and why is not said: were a name that is blocked, one that does not exist, a port that refuses and a host that is silent
    /// told apart, callers could map the network by it.
    /// </exception>
    private static async ValueTask<Stream> ConnectAsync(EgressPolicy policy, DnsEndPoint target, CancellationToken ct)
    {
        // A literal of version 6 comes in its brackets.
        var host = target.Host.Trim('[', ']');
        Socket? socket = null;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(s_connectTimeout);
        try
        {
            var addresses = await policy.Resolve(host, limit.Token);
            if (policy.Allows(host, target.Port, addresses))
            {
                socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(addresses, target.Port, limit.Token);
                return new NetworkStream(socket, ownsSocket: true);
            }

            policy.Refused(host);
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException or ArgumentException)
        {
            // An ArgumentException is a name that no resolver takes, such as one of 300 characters.
            socket?.Dispose();
        }
        catch
        {
            socket?.Dispose();
            throw;
        }

        throw new SocketException((int)SocketError.HostUnreachable);
    }
}
