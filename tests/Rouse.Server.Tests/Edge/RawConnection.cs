using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Rouse.Server.Tests.Edge;

/// <summary>A connection on which anything can be sent, and what was answered on it, whether or not it made sense.</summary>
internal static class RawConnection
{
    /// <summary>Only ends a failing test.</summary>
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(60);

    /// <summary>Sends all and reads until the server ends the connection: the last request should ask for that. An end of ours would abort what is under way.</summary>
    public static async Task<List<RawAnswer>> ExchangeAsync(int port, params byte[][] parts)
    {
        using var limit = new CancellationTokenSource(s_deadline, TimeProvider.System);
        using var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(IPAddress.Loopback, port, limit.Token);
        var stream = client.GetStream();
        var received = new MemoryStream();
        var reading = ReadAllAsync(stream, received, limit.Token);
        try
        {
            foreach (var part in parts) await stream.WriteAsync(part, limit.Token);
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            // It has refused already.
        }

        await reading;
        return Parse(received.ToArray());
    }

    public static Task<List<RawAnswer>> ExchangeAsync(int port, string request) => ExchangeAsync(port, Encoding.Latin1.GetBytes(request));

    private static async Task ReadAllAsync(NetworkStream stream, MemoryStream received, CancellationToken ct)
    {
        try
        {
            await stream.CopyToAsync(received, ct);
        }
        catch (IOException)
        {
            // Reset: what came before it counts.
        }
    }

    /// <exception cref="FormatException">The bytes are not answers one after the other: the server lost its place.</exception>
    private static List<RawAnswer> Parse(byte[] bytes)
    {
        List<RawAnswer> answers = [];
        for (var at = 0; at < bytes.Length;)
        {
            var end = bytes.AsSpan(at).IndexOf("\r\n\r\n"u8);
            // A reset may cut the last one.
            if (end < 0) break;
            var lines = Encoding.Latin1.GetString(bytes, at, end).Split("\r\n");
            if (!lines[0].StartsWith("HTTP/1.1 ", StringComparison.Ordinal)) throw new FormatException($"Not the beginning of an answer: {lines[0]}");
            var headers = lines.Skip(1).Select(line => line.Split(": ", 2)).ToLookup(pair => pair[0], pair => pair[1], StringComparer.OrdinalIgnoreCase);
            var status = int.Parse(lines[0].AsSpan(9, 3), CultureInfo.InvariantCulture);
            at += end + 4;
            var body = headers["Transfer-Encoding"].Any() ? Chunks(bytes, ref at) : Take(bytes, ref at, int.Parse(headers["Content-Length"].FirstOrDefault() ?? "0", CultureInfo.InvariantCulture));
            answers.Add(new RawAnswer(status, headers, body));
        }

        return answers;
    }

    private static string Chunks(byte[] bytes, ref int at)
    {
        var body = new StringBuilder();
        while (true)
        {
            var end = bytes.AsSpan(at).IndexOf("\r\n"u8);
            if (end < 0) return body.ToString();
            var size = int.Parse(Encoding.Latin1.GetString(bytes, at, end), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            at += end + 2;
            body.Append(Take(bytes, ref at, size));
            at = Math.Min(at + 2, bytes.Length);
            if (size == 0) return body.ToString();
        }
    }

    private static string Take(byte[] bytes, ref int at, int count)
    {
        var taken = Math.Min(count, bytes.Length - at);
        at += taken;
        return Encoding.UTF8.GetString(bytes, at - taken, taken);
    }
}

internal sealed record RawAnswer(int Status, ILookup<string, string> Headers, string Body);
