using System.Net;
using System.Net.Sockets;

namespace Rouse.Contracts.Egress;

/// <summary>Which addresses belong to the public internet. What IANA's special-purpose registries list otherwise is not for a tenant's URL to reach.</summary>
public static class AddressSpace
{
    // https://www.iana.org/assignments/iana-ipv4-special-registry and …/iana-ipv6-special-registry, and multicast.
    private static readonly IPNetwork[] s_special4 =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24",
            "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
            // Reachable from inside Azure and Alibaba Cloud only, metadata among other things.
            "168.63.129.16/32",
        }.Select(static text => IPNetwork.Parse(text)),
    ];

    // Of IPv6 only 2000::/3 is handed out; these lie within it and are special all the same.
    private static readonly IPNetwork s_unicast6 = IPNetwork.Parse("2000::/3");

    private static readonly IPNetwork[] s_special6 =
        [.. new[] { "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20" }.Select(static text => IPNetwork.Parse(text))];

    /// <summary>Addresses that carry an IPv4 address within (mapped, NAT64, 6to4, Teredo, ISATAP) are judged as not global altogether, mapped ones by what they map.</summary>
    public static bool IsGlobal(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        if (address.AddressFamily == AddressFamily.InterNetwork) return !s_special4.Any(network => network.Contains(address));
        if (address.AddressFamily != AddressFamily.InterNetworkV6 || address.ScopeId != 0) return false;
        return s_unicast6.Contains(address) && !s_special6.Any(network => network.Contains(address)) && !IsIsatap(address);
    }

    /// <summary>RFC 5214 §6.1: an interface identifier of ::(0|2)00:5efe:a.b.c.d.</summary>
    private static bool IsIsatap(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        return address.TryWriteBytes(bytes, out _) && bytes[8] is 0x00 or 0x02 && bytes[9] == 0 && bytes[10] == 0x5e && bytes[11] == 0xfe;
    }
}
