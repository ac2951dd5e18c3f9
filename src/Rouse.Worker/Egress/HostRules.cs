using System.Net;
using System.Net.Sockets;
using Rouse.Contracts.Egress;

namespace Rouse.Worker.Egress;

/// <summary>
/// Where the worker connects to on behalf of whoever sends jobs: the public internet over https, and what its operator names. A job's URL must not reach
/// the cloud's metadata, the model server on loopback or the network the machine stands in.
/// </summary>
internal sealed class HostRules
{
    /// <summary>Below it, but for 443, are the ports of other protocols.</summary>
    private const int FirstUserPort = 1024;

    private readonly HashSet<string> _allowed = new(StringComparer.OrdinalIgnoreCase);

    private HostRules()
    {
    }

    /// <summary>From a name or a literal to addresses. Asked once for a connection, which then goes to what was answered.</summary>
    public Func<string, CancellationToken, Task<IPAddress[]>> Resolve { get; init; } = static (host, ct) => Dns.GetHostAddressesAsync(host, ct);

    /// <param name="allowed">Hosts, as <c>name</c> or <c>name:port</c>, separated by commas.</param>
    /// <returns>Null with the entry that is no host in <paramref name="wrong"/>.</returns>
    public static HostRules? Parse(string? allowed, out string? wrong, Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null)
    {
        wrong = null;
        var rules = resolve is null ? new HostRules() : new HostRules { Resolve = resolve };
        foreach (var entry in (allowed ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!Uri.TryCreate("http://" + entry, UriKind.Absolute, out var uri) || uri.PathAndQuery != "/" || uri.UserInfo.Length > 0 || entry.EndsWith('/'))
            {
                wrong = entry;
                return null;
            }

            rules._allowed.Add(entry.EndsWith(":80", StringComparison.Ordinal) || !uri.IsDefaultPort ? $"{uri.IdnHost}:{uri.Port}" : uri.IdnHost);
        }

        return rules;
    }

    /// <summary>Whether a request may be sent there at all, before any name is looked up.</summary>
    public bool Allows(Uri url) => url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && IsListed(url.IdnHost, url.Port));

    /// <param name="addresses">All that the host resolves to. One that is not public spoils them all: a name with a public and a private address is an attack.</param>
    public bool Allows(string host, int port, IReadOnlyCollection<IPAddress> addresses) => addresses.Count > 0
        && (IsListed(host, port) || (port is 443 or >= FirstUserPort && addresses.All(AddressSpace.IsGlobal)));

    /// <summary>A handler that connects to what these rules allow, judged by the addresses that are connected to. It follows no redirect and no proxy.</summary>
    public SocketsHttpHandler CreateHandler() => new()
    {
        AllowAutoRedirect = false,
        // A proxy would look the name up itself, behind the check.
        UseProxy = false,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(10),
        ConnectCallback = ConnectAsync,
    };

    private bool IsListed(string host, int port) => _allowed.Contains(host) || _allowed.Contains($"{host}:{port}");

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        // A literal of version 6 comes in its brackets, and is listed without.
        var host = context.DnsEndPoint.Host.Trim('[', ']');
        var addresses = await Resolve(host, ct);
        if (!Allows(host, context.DnsEndPoint.Port, addresses)) throw new ForbiddenHostException(host);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, context.DnsEndPoint.Port, ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
