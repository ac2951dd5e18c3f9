using System.Text;

namespace Rouse.Gateway.Tests.Forwarding;

/// <summary>Requests as callers send them, and what is done to their bytes.</summary>
internal static class MutationSeeds
{
    private const string Smuggled = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";

    private static readonly string[] s_targets = ["/a", "/a/b%2Fc?x=1&y=%20", "http://x/abs?q"];

    private static readonly string[] s_headers =
    [
        "", "Accept: */*\r\nUser-Agent: t/1\r\n", "Connection: keep-alive, X-A\r\nX-A: 1\r\n", "Cookie: a=1; b=2\r\nCookie: c=3\r\n", "X-Long: " + new string('v', 300) + "\r\nX-Empty:\r\n",
    ];

    private static readonly string[] s_bodies =
    [
        "\r\n", "Content-Length: 0\r\n\r\n", $"Content-Length: {Smuggled.Length}\r\n\r\n{Smuggled}",
        $"Transfer-Encoding: chunked\r\n\r\n{Smuggled.Length:x}\r\n{Smuggled}\r\n0\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n",
    ];

    private static readonly string[] s_tokens =
    [
        "\r\n", "\n", "\r", "\0", " ", "\t", ":", ",", ";", "_", "%", "\u0080", "\u00ff", "-1", "+4", "0x5", "99999999999999999999", "chunked", " chunked", "chunked, chunked", "identity",
        "Content-Length: 5\r\n", "Content-Length : 5\r\n", "Transfer-Encoding: chunked\r\n", "Transfer-Encoding:\tchunked\r\n", "Transfer_Encoding: chunked\r\n", " Transfer-Encoding: chunked\r\n",
        "Connection: content-length, transfer-encoding, host\r\n", "Connection: close\r\n", "Expect: 100-continue\r\n", "Upgrade: websocket\r\nConnection: Upgrade\r\n", "Host: y\r\n", "HTTP/1.0", "HTTP/1.1", "0\r\n\r\n",
        Smuggled, "X-Rouse-Backend-Authorization: a\r\n", "TE: trailers\r\n", "#", "..", "\\",
    ];

    /// <summary>75: every target with all headers and bodies.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        .. from target in s_targets
           from headers in s_headers
           from body in s_bodies
           let method = body.Length < 3 ? "GET" : "POST"
           select $"{method} {target} HTTP/1.1\r\nHost: x\r\n{headers}{body}",
    ];

    /// <summary>One or two changes of a seed, the same for the same number.</summary>
    public static byte[] Mutated(int number)
    {
        var chance = new Random(number);
        var text = new StringBuilder(All[chance.Next(All.Count)]);
        for (var i = chance.Next(1, 3); i > 0; i--) Change(text, chance);
        return Encoding.Latin1.GetBytes(text.ToString());
    }

    private static void Change(StringBuilder text, Random chance)
    {
        if (text.Length == 0) return;
        var at = chance.Next(text.Length);
        switch (chance.Next(6))
        {
            case 0:
                text[at] = (char)chance.Next(256);
                break;
            case 1:
                text.Remove(at, Math.Min(text.Length - at, chance.Next(1, 8)));
                break;
            case 2:
            case 3:
                text.Insert(at, s_tokens[chance.Next(s_tokens.Length)]);
                break;
            case 4:
                var lines = text.ToString().Split("\r\n").ToList();
                lines.Insert(chance.Next(lines.Count), lines[chance.Next(lines.Count)]);
                text.Clear().AppendJoin("\r\n", lines);
                break;
            default:
                // Before a header, where a token that is one does most.
                var ends = text.ToString().IndexOf("\r\n", StringComparison.Ordinal);
                text.Insert(ends < 0 ? 0 : ends + 2, s_tokens[chance.Next(s_tokens.Length)]);
                break;
        }
    }
}
