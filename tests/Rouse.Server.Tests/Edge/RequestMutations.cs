using System.Text;

namespace Rouse.Server.Tests.Edge;

/// <summary>Requests, and small damages to their bytes.</summary>
internal static class RequestMutations
{
    private const int MostChanges = 6;

    private const string Json = "Content-Type: application/json\r\n";

    private static readonly byte[][] s_seeds =
    [
        .. new[]
        {
            "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "GET /v1/deployments?limit=5 HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n\r\n",
            "GET /v1/deployments/dep_00000000000000000000000000 HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n",
            "HEAD /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept: text/plain;q=0.5, application/json\r\n\r\n",
            "DELETE /v1/deployments/dep_00000000000000000000000000 HTTP/1.1\r\nHost: localhost\r\nIdempotency-Key: abc\r\n\r\n",
            $"POST /v1/deployments HTTP/1.1\r\nHost: localhost\r\n{Json}Content-Length: 24\r\n\r\n{{\"hf_model_id\":\"../../x\"}}"[..^1],
            $"POST /v1/deployments HTTP/1.1\r\nHost: localhost\r\n{Json}Transfer-Encoding: chunked\r\n\r\n5\r\n{{\"hf_\r\n3;a=b\r\nx\":\r\n2\r\n1}}\r\n0\r\nX-Trailer: t\r\n\r\n",
            $"POST /v1/deployments HTTP/1.1\r\nHost: localhost\r\n{Json}Idempotency-Key: \"k\"\r\nContent-Length: 2\r\n\r\n{{}}",
            $"POST /v1/plan HTTP/1.1\r\nHost: localhost\r\n{Json}Content-Length: 9\r\n\r\n{{\"a\":[1]}}"[..^1],
            $"POST /v2/dep_00000000000000000000000000/run HTTP/1.1\r\nHost: localhost\r\n{Json}Content-Length: 12\r\n\r\n{{\"input\":{{}}}}",
            "POST /v2/dep_00000000000000000000000000/runsync?wait=1 HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: 2\r\n\r\n{}",
            "GET /v2/dep_00000000000000000000000000/job-take/w1?gpu=x&job_in_progress=0 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer abc\r\n\r\n",
            "GET /v2/dep_00000000000000000000000000/ping/w1&gpu=x HTTP/1.1\r\nHost: localhost\r\nAuthorization: abc\r\n\r\n",
            "POST /v2/dep_00000000000000000000000000/job-done/w1/j1?isStream=false HTTP/1.1\r\nHost: localhost\r\nAuthorization: abc\r\nContent-Length: 13\r\n\r\n{\"output\":{}}",
            $"POST /internal/v1/deployments/dep_00000000000000000000000000/attempts/1/reports HTTP/1.1\r\nHost: localhost\r\n{Json}Authorization: Bearer x\r\nContent-Length: 2\r\n\r\n{{}}",
            "POST /v1/deployments HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
            "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, X-A\r\nX-A: b\r\nUpgrade: websocket\r\n\r\n",
            "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: [::1]\r\nCookie: a=b; c=d\r\nRange: bytes=0-1\r\nIf-None-Match: *\r\n\r\n",
        }.Select(Encoding.Latin1.GetBytes),
    ];

    // What has split requests elsewhere.
    private static readonly byte[][] s_words =
    [
        .. new[]
        {
            "\r\n", "\n", "\r", "\r\n\r\n", "\n\n", "\0", " ", "\t", "\v", ":", ";", ",", "+", "-", "0", "00000000", "ffffffffffffffff", "2147483648", "Content-Length: 5\r\n", "Content-Length: +4\r\n",
            "Transfer-Encoding: chunked\r\n", "Transfer-Encoding: xchunked\r\n", "transfer-encoding:\tchunked\r\n", "Transfer-Encoding: gzip, chunked\r\n", "Host: evil\r\n", "Connection: close\r\n",
            "Expect: 100-continue\r\n", "X_Forwarded_For: 127.0.0.1\r\n", "0\r\n\r\n", "1;\r\na\r\n", "%00", "%2f..%2f", "%", "%ff", "/../", "//", "?", "#", "HTTP/1.1", "HTTP/2.0", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            "\u00ff", "\u0080", "{\"a\":", "[[[[[[[[[[[[[[[[", "\"\\ud800\"", "charset=bogus", "1e999", "null", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        }.Select(Encoding.Latin1.GetBytes),
    ];

    public static byte[] Mutate(Random chance)
    {
        List<byte> bytes = [.. s_seeds[chance.Next(s_seeds.Length)]];
        // Mostly one or two: what is broken all over is refused for its first fault.
        for (var changes = 1 + chance.Next(chance.Next(1, MostChanges)); changes > 0; changes--) Change(bytes, chance);
        return [.. bytes];
    }

    private static void Change(List<byte> bytes, Random chance)
    {
        var at = chance.Next(bytes.Count + 1);
        var length = Math.Min(chance.Next(1, 9), bytes.Count - at);
        switch (chance.Next(7))
        {
            case 0:
                bytes.Insert(at, (byte)chance.Next(256));
                break;
            case 1 when at < bytes.Count:
                bytes[at] = (byte)chance.Next(256);
                break;
            case 2 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << chance.Next(8));
                break;
            case 3:
                bytes.RemoveRange(at, length);
                break;
            case 4:
                bytes.InsertRange(at, bytes.GetRange(at, length));
                break;
            case 5:
                // At the beginning of a line, where a header would stand.
                var line = bytes.FindIndex(Math.Min(at, bytes.Count - 1), static b => b == '\n');
                bytes.InsertRange(line < 0 ? at : line + 1, s_words[chance.Next(s_words.Length)]);
                break;
            default:
                bytes.InsertRange(at, s_words[chance.Next(s_words.Length)]);
                break;
        }
    }
}
