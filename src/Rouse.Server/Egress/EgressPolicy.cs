using System.Net;
using Rouse.Contracts.Egress;

namespace Rouse.Server.Egress;

/// <summary>
/// Where this server connects to on behalf of a caller: the public internet, and what the operator adds. A development server on loopback also
/// reaches loopback, because its only caller sits at the same machine.
/// </summary>
internal sealed class EgressPolicy
{
    /// <summary>Below it are the ports of other protocols (mail, shells, name servers), to which a POST with a caller's bytes is an attack.</summary>
    private const int FirstUserPort = 1024;

    private readonly List<IPNetwork> _networks = [];
    private readonly HashSet<string> _hosts = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<(string Host, int Port)> _endpoints = [];

    private EgressPolicy()
    {
    }

    /// <summary>From a name or a literal to addresses. Asked once for a connection, which then goes to what was answered.</summary>
    public Func<string, CancellationToken, Task<IPAddress[]>> Resolve { get; init; } = static (host, ct) => Dns.GetHostAddressesAsync(host, ct);

    /// <summary>Told of every host that was not connected to because of this policy. Callers are not told; operators may be.</summary>
    public Action<string> Refused { get; init; } = static _ => { };

    /// <param name="allowed">Networks (<c>10.1.0.0/16</c>), addresses and host names, separated by commas (<c>ROUSE_EGRESS_ALLOW</c>).</param>
    /// <exception cref="FormatException">An entry is none of these; the message says which.</exception>
    public static EgressPolicy Parse(string? allowed, bool allowLoopback) => new EgressPolicy().Add(allowed, allowLoopback);

    /// <inheritdoc cref="Parse(string?, bool)"/>
    public static EgressPolicy Parse(
        string? allowed, bool allowLoopback, Func<string, CancellationToken, Task<IPAddress[]>> resolve, Action<string> refused) =>
        new EgressPolicy { Resolve = resolve, Refused = refused }.Add(allowed, allowLoopback);

    /// <summary>The same, and the one host and port of an operator's setting, wherever they are. Not for what a caller names.</summary>
    public EgressPolicy With(Uri endpoint)
    {
        var policy = new EgressPolicy { Resolve = Resolve, Refused = Refused };
        policy._networks.AddRange(_networks);
        policy._hosts.UnionWith(_hosts);
        policy._endpoints.UnionWith(_endpoints);
        policy._endpoints.Add((endpoint.IdnHost.ToUpperInvariant(), endpoint.Port));
        return policy;
    }

    /// <param name="host">As the URL names it, in ASCII.</param>
    /// <param name="addresses">All that it resolves to. One that is not allowed spoils them all: a name with a public and a private address is an attack.</param>
    public bool Allows(string host, int port, IReadOnlyCollection<IPAddress> addresses) =>
        addresses.Count > 0
        && (_hosts.Contains(host) || _endpoints.Contains((host.ToUpperInvariant(), port)) || addresses.All(address => Allows(address, port)));

    private bool Allows(IPAddress address, int port)
    {
        if (AddressSpace.IsGlobal(address) && (port is 80 or 443 || port >= FirstUserPort)) return true;
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        return _networks.Exists(network => network.Contains(address));
    }

    private EgressPolicy Add(string? allowed, bool allowLoopback)
    {
        foreach (var entry in (allowed ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (IPNetwork.TryParse(entry, out var network)) _networks.Add(network);
            else if (IPAddress.TryParse(entry, out var address)) _networks.Add(new IPNetwork(address, address.GetAddressBytes().Length * 8));
            else if (Uri.CheckHostName(entry) == UriHostNameType.Dns) _hosts.Add(entry);
            else throw new FormatException($"'{entry}' is neither a network such as 10.1.0.0/16, nor an address, nor a host name.");
        }

        if (!allowLoopback) return this;
        _networks.Add(IPNetwork.Parse("127.0.0.0/8"));
        _networks.Add(IPNetwork.Parse("::1/128"));
        return this;
    }
}
