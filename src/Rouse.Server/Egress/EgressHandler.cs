using System.Net;
using System.Net.Sockets;

namespace Rouse.Server.Egress;

/// <summary>
/// Connects to what <see cref="EgressPolicy"/> allows and to nothing else. The check stands where the connection is made: it sees the addresses
/// that are connected to, so neither odd spellings nor a name that resolves otherwise a moment later pass it. Redirects are not followed.
/// </summary>
internal static class EgressHandler
{
    /// <summary>From the name to a connection, TLS not counted.</summary>
    private static readonly TimeSpan s_connectTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Long enough to reuse connections, short enough to follow a name that moves.</summary>
    private static readonly TimeSpan s_connectionLifetime = TimeSpan.FromMinutes(2);

    public static SocketsHttpHandler Create(EgressPolicy policy, int maxConnectionsPerServer) => new()
    {
        AllowAutoRedirect = false,
        // A proxy would look the name up itself, behind the check.
        UseProxy = false,
        UseCookies = false,
        ConnectTimeout = s_connectTimeout,
        MaxConnectionsPerServer = maxConnectionsPerServer,
        PooledConnectionLifetime = s_connectionLifetime,
        ConnectCallback = (context, ct) => ConnectAsync(policy, context.DnsEndPoint, ct),
    };

    private static async ValueTask<Stream> ConnectAsync(EgressPolicy policy, DnsEndPoint target, CancellationToken ct)
    {
        var addresses = await Dns.GetHostAddressesAsync(target.Host, ct);
        // The same words as for a host that does not answer, or callers could map the network by what is blocked.
        if (!policy.Allows(target.Host, addresses)) throw new SocketException((int)SocketError.HostUnreachable);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, target.Port, ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
