using System.Net;

namespace Rouse.Server.Egress;

/// <summary>
/// Where this server connects to on behalf of a caller: the public internet, and what the operator adds. A development server on loopback also
/// reaches loopback, because its only caller sits at the same machine.
/// </summary>
internal sealed class EgressPolicy
{
    private readonly List<IPNetwork> _networks = [];
    private readonly HashSet<string> _hosts = new(StringComparer.OrdinalIgnoreCase);

    private EgressPolicy()
    {
    }

    /// <param name="allowed">Networks (<c>10.1.0.0/16</c>), addresses and host names, separated by commas (<c>ROUSE_EGRESS_ALLOW</c>).</param>
    /// <exception cref="FormatException">An entry is none of these; the message says which.</exception>
    public static EgressPolicy Parse(string? allowed, bool allowLoopback)
    {
        var policy = new EgressPolicy();
        foreach (var entry in (allowed ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (IPNetwork.TryParse(entry, out var network)) policy._networks.Add(network);
            else if (IPAddress.TryParse(entry, out var address)) policy._networks.Add(new IPNetwork(address, address.GetAddressBytes().Length * 8));
            else if (Uri.CheckHostName(entry) == UriHostNameType.Dns) policy._hosts.Add(entry);
            else throw new FormatException($"'{entry}' is neither a network such as 10.1.0.0/16, nor an address, nor a host name.");
        }

        if (!allowLoopback) return policy;
        policy._networks.Add(IPNetwork.Parse("127.0.0.0/8"));
        policy._networks.Add(IPNetwork.Parse("::1/128"));
        return policy;
    }

    /// <param name="host">As the URL names it.</param>
    /// <param name="addresses">All that it resolves to. One that is not allowed spoils them all: a name with a public and a private address is an attack.</param>
    public bool Allows(string host, IReadOnlyCollection<IPAddress> addresses) =>
        _hosts.Contains(host) || (addresses.Count > 0 && addresses.All(Allows));

    private bool Allows(IPAddress address)
    {
        if (AddressSpace.IsGlobal(address)) return true;
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        return _networks.Exists(network => network.Contains(address));
    }
}
