using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text;

namespace Rouse.Server.Tests.Egress;

/// <summary>The ways known to write an address that is not on the public internet, as the host of a URL.</summary>
internal static class InternalSpellings
{
    private static readonly string[] s_targets =
    [
        "127.0.0.1", "127.8.7.6", "0.0.0.0", "10.0.0.1", "172.16.0.9", "192.168.1.1", "169.254.169.254", "100.100.100.200", "168.63.129.16", "192.0.0.192", "198.18.0.1",
    ];

    // A name and what a test's resolver says of it. 93.184.216.34 stands for the public internet.
    private static readonly Dictionary<string, string[]> s_names = new(StringComparer.OrdinalIgnoreCase)
    {
        ["internal.test"] = ["127.0.0.1"],
        ["both.test"] = ["93.184.216.34", "127.0.0.1"],
        ["both-the-other-way.test"] = ["::1", "93.184.216.34"],
        ["mapped.test"] = ["::ffff:127.0.0.1"],
        ["six.test"] = ["::1"],
        ["any.test"] = ["::"],
        ["none.test"] = [],
        ["metadata.google.internal"] = ["169.254.169.254"],
        ["kubernetes.default.svc"] = ["10.96.0.1"],
        ["xn--bcher-kva.test"] = ["127.0.0.1"],
        ["under_score.test"] = ["127.0.0.1"],
    };

    /// <summary>URLs whose way leads inside, or nowhere.</summary>
    public static IReadOnlyList<string> Urls(int port)
    {
        var hosts = s_targets.Concat(OwnAddresses()).SelectMany(OfIPv4).Concat(Others);
        var urls = hosts.Select(host => $"http://{host}:{port}/hook").Concat(Tricks(port)).Append($"https://127.0.0.1:{port}/").Append($"https://[::1]:{port}/");
        return [.. urls.Distinct(StringComparer.Ordinal)];
    }

    /// <summary>Literals as the system reads them, odd ones included; names from a list; all else does not exist. Nothing is asked outside.</summary>
    public static Task<IPAddress[]> ResolveAsync(string host, CancellationToken ct)
    {
        var name = host.TrimEnd('.');
        if (s_names.TryGetValue(name, out var known)) return Task.FromResult(known.Select(IPAddress.Parse).ToArray());
        const string suffix = ".nip.test";
        if (name.EndsWith(suffix, StringComparison.OrdinalIgnoreCase) && IPAddress.TryParse(name[..^suffix.Length].Replace('-', '.'), out var within)) return Task.FromResult<IPAddress[]>([within]);
        var isLiteral = name.AsSpan().IndexOfAnyExcept("0123456789abcdefABCDEFxX.:%") < 0 || name.Contains('%', StringComparison.Ordinal);
        return isLiteral || name.Contains("localhost", StringComparison.OrdinalIgnoreCase)
            ? Dns.GetHostAddressesAsync(host, ct)
            : throw new SocketException((int)SocketError.HostNotFound);
    }

    private static IEnumerable<string> Others =>
    [
        "localhost", "LOCALHOST", "LocalHost", "localhost.", "localhost.localdomain", "ip6-localhost", "foo.localhost", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "localhost", "local\u00ADhost",
        "local\u200Bhost", "%6c%6f%63%61%6c%68%6f%73%74", "l%6fcalhost", "localhost%00.example.com", "localhost%2eexample.com",
        "[::1]", "[0:0:0:0:0:0:0:1]", "[0000:0000:0000:0000:0000:0000:0000:0001]", "[::0001]", "[0::1]", "[::]", "[0:0:0:0:0:0:0:0]", "[::1%25lo]", "[::1%lo]", "[::1%251]",
        "[fe80::1]", "[fe80::1%25eth0]", "[fe80::1%251]", "[fec0::1]", "[fc00::1]", "[fd00::1]", "[fd00:ec2::254]", "[fd20:ce::254]", "[ff02::1]", "[ff05::1:3]",
        "[100::1]", "[2001:db8::1]", "[2001:10::1]", "[2001:20::1]", "[3fff::1]", "[5f00::1]", "[4000::1]", "[e000::1]", "[::ffff:0:127.0.0.1]", "[::ffff:0:7f00:1]",
        "[2001:0:4136:e378:8000:63bf:80ff:fffe]", "[2606:4700::5efe:127.0.0.1]", "[2606:4700::200:5efe:7f00:1]",
        "127.1", "127.0.1", "127.000.000.001", "127.0.0.1.", "0x7f.1", "0177.1", "0", "0x0", "00", "0.0", "1.0.0.127.in-addr.arpa", "127.0.0.1.example.com@127.0.0.1",
        "256.256.256.256", "127.0.0.1%20", "127.0.0.1%09", "127.0.0.1%00", "4294967296", "6425673729", "-2130706432", "0x17f000001", "127.0.0.0.1", "127..0.0.1", ".127.0.0.1",
        .. s_names.Keys, "INTERNAL.test", "internal.test.", "bücher.test", "BÜCHER.test", "internal。test", "ｉnternal.test", "%69nternal.test",
    ];

    private static IEnumerable<string> Tricks(int port) =>
    [
        $"http://example.com@127.0.0.1:{port}/", $"http://example.com:80@127.0.0.1:{port}/", $"http://127.0.0.1:{port}@example.test/", $"http://a:b@[::1]:{port}/",
        $"http://example.com%40127.0.0.1:{port}/", $"http://example.com\\@127.0.0.1:{port}/", $"http://127.0.0.1:{port}\\@example.com/", $"http://example.test#@127.0.0.1:{port}/",
        $"http://example.test?@127.0.0.1:{port}/", $"http://127.0.0.1:{port}#.example.com/", $"http://127.0.0.1:0{port}/", $"http://127.0.0.1:{port}//", $"http:127.0.0.1:{port}/",
        $"http:/127.0.0.1:{port}/", $"http:///127.0.0.1:{port}/", $"http:\\\\127.0.0.1:{port}\\", $"HTTP://127.0.0.1:{port}/", $"hTTp://LOCALhost:{port}/", $" http://127.0.0.1:{port}/",
        $"http://127.0.0.1:{port}\t/", $"http://\t127.0.0.1:{port}/", $"http://127.0.0.1\u2028:{port}/", $"http://127.0.0.1:{port} /", $"http://[127.0.0.1]:{port}/",
        $"http://[::1]:{port}@example.test/", $"//127.0.0.1:{port}/", $"ftp://127.0.0.1:{port}/", $"gopher://127.0.0.1:{port}/_GET", $"file://127.0.0.1/etc/passwd", $"unix:///run/x.sock",
        $"ws://127.0.0.1:{port}/", $"jar:http://127.0.0.1:{port}!/",
    ];

    /// <summary>What inet_aton, URL parsers and IPv6's transition mechanisms take for the address.</summary>
    private static IEnumerable<string> OfIPv4(string dotted)
    {
        var bytes = IPAddress.Parse(dotted).GetAddressBytes();
        var (a, b, c, d) = (bytes[0], bytes[1], bytes[2], bytes[3]);
        var number = ((uint)a << 24) | ((uint)b << 16) | ((uint)c << 8) | d;
        var (high, low) = (number >> 16, number & 0xffff);
        string Octal(uint part) => "0" + Convert.ToString(part, 8);
        return
        [
            dotted, dotted + ".", $"{number}", $"0x{number:x}", $"0X{number:X8}", Octal(number), "000" + Octal(number), $"0x{a:x}.0x{b:x}.0x{c:x}.0x{d:x}", $"0x{a:x2}.{b}.{c}.{d}",
            $"{Octal(a)}.{Octal(b)}.{Octal(c)}.{Octal(d)}", $"00{Octal(a)}.{b}.0x{c:x}.{d}", $"{a}.{number & 0xffffff}", $"{a}.{b}.{low}", $"{a}.0x{number & 0xffffff:x}", $"0x{a:x}.{Octal(number & 0xffffff)}",
            FullWidth(dotted), Circled(dotted), Bold(dotted), Superscript(dotted), dotted.Replace('.', '。'), dotted.Replace('.', '．'), dotted.Replace('.', '｡'), FullWidth($"{number}"), Circled($"{number}"),
            Percent(dotted), dotted.Replace(".", "%2e", StringComparison.Ordinal), dotted.Replace(".", "%2E", StringComparison.Ordinal), Percent($"{number}"),
            $"[::ffff:{dotted}]", $"[::FFFF:{high:X}:{low:X}]", $"[0:0:0:0:0:ffff:{high:x4}:{low:x4}]", $"[::{dotted}]", $"[::{high:x}:{low:x}]",
            $"[64:ff9b::{dotted}]", $"[64:ff9b:1::{high:x}:{low:x}]", $"[2002:{high:x}:{low:x}::]", $"[2002:{high:x}:{low:x}::1]",
            $"[2001:0:4136:e378:8000:63bf:{high ^ 0xffff:x}:{low ^ 0xffff:x}]", $"[fe80::5efe:{dotted}]", $"[fe80::200:5efe:{high:x}:{low:x}]",
            $"{dotted}.nip.test", $"{a}-{b}-{c}-{d}.nip.test", $"{dotted}.NIP.test.",
        ];
    }

    private static IEnumerable<string> OwnAddresses() => NetworkInterface.GetAllNetworkInterfaces()
        .SelectMany(card => card.GetIPProperties().UnicastAddresses)
        .Select(own => own.Address)
        .Where(address => address.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(address) && !Rouse.Contracts.Egress.AddressSpace.IsGlobal(address))
        .Select(address => address.ToString());

    private static string FullWidth(string text) => Map(text, static digit => char.ConvertFromUtf32(0xFF10 + digit));

    private static string Circled(string text) => Map(text, static digit => char.ConvertFromUtf32(digit == 0 ? 0x24EA : 0x2460 + digit - 1));

    private static string Bold(string text) => Map(text, static digit => char.ConvertFromUtf32(0x1D7CE + digit));

    private static string Superscript(string text) => Map(text, static digit => digit switch { 1 => "¹", 2 => "²", 3 => "³", _ => char.ConvertFromUtf32(0x2070 + digit) });

    private static string Map(string text, Func<int, string> digit)
    {
        var mapped = new StringBuilder();
        foreach (var c in text) mapped.Append(char.IsAsciiDigit(c) ? digit(c - '0') : c.ToString());
        return mapped.ToString();
    }

    private static string Percent(string text) => string.Concat(text.Select(static c => string.Create(CultureInfo.InvariantCulture, $"%{(int)c:x2}")));
}
