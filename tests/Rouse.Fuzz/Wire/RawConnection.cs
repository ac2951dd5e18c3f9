using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Rouse.Fuzz.Wire;

/// <summary>
/// HTTP/1.1 on one kept-alive connection, written and read by hand: an HTTP client would put right, or refuse to send, what is to be tried.
/// </summary>
internal sealed class RawConnection(Uri address) : IAsyncDisposable
{
    /// <summary>Of a stream of events: this much, or what comes within <see cref="StreamQuiet"/>, tells its shape.</summary>
    private const int StreamEnough = 4096;

    private static readonly TimeSpan StreamQuiet = TimeSpan.FromMilliseconds(40);

    private readonly byte[] _buffer = new byte[32 * 1024];
    private Socket? _socket;
    private int _start;
    private int _end;

    /// <param name="request">The bytes to send.</param>
    /// <param name="isHead">A HEAD request's answer has no body whatever its headers say.</param>
    /// <param name="patience">How long the answer may take.</param>
    public async Task<Reply> ExchangeAsync(ReadOnlyMemory<byte> request, bool isHead, TimeSpan patience)
    {
        using var limit = new CancellationTokenSource(patience);
        try
        {
            // A connection that was kept may have been closed meanwhile: that is no answer, so it is asked again on a new one.
            if (_socket is not null && await TryAsync(request, isHead, limit.Token) is { Status: > 0 } reply) return reply;
            await ReopenAsync(limit.Token);
            return await TryAsync(request, isHead, limit.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            Close();
            return new Reply(0, [], [], ReplyEnd.Silent);
        }
    }

    public ValueTask DisposeAsync()
    {
        Close();
        return ValueTask.CompletedTask;
    }

    private async Task<Reply> TryAsync(ReadOnlyMemory<byte> request, bool isHead, CancellationToken ct)
    {
        (int, List<(string, string)>) head = (0, []);
        var body = new List<byte>();
        try
        {
            // A server that refuses a large body answers without reading it all; its answer is read all the same.
            var sending = SendAllAsync(request, ct);
            do head = await ReadHeadAsync(ct);
            while (head.Item1 is >= 100 and < 200);
            var reply = await ReadBodyAsync(head.Item1, head.Item2, isHead, body, ct);
            await sending;
            return reply;
        }
        catch (Exception error) when (error is SocketException or IOException)
        {
            Close();
            return new Reply(head.Item1, head.Item2, [.. body], ReplyEnd.Cut);
        }
    }

    private async Task SendAllAsync(ReadOnlyMemory<byte> request, CancellationToken ct)
    {
        var socket = _socket!;
        try
        {
            while (!request.IsEmpty) request = request[await socket.SendAsync(request, ct)..];
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The answer, or its absence, tells.
        }
    }

    private async Task<(int Status, List<(string Name, string Value)> Headers)> ReadHeadAsync(CancellationToken ct)
    {
        var line = await ReadLineAsync(ct);
        if (!line.StartsWith("HTTP/1.1 ", StringComparison.Ordinal) || !int.TryParse(line.AsSpan(9, 3), CultureInfo.InvariantCulture, out var status)) throw new IOException("no status line: " + line);
        List<(string, string)> headers = [];
        while ((line = await ReadLineAsync(ct)).Length > 0)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0) throw new IOException("no header: " + line);
            headers.Add((line[..colon], line[(colon + 1)..].Trim()));
        }

        return (status, headers);
    }

    private async Task<Reply> ReadBodyAsync(int status, List<(string Name, string Value)> headers, bool isHead, List<byte> body, CancellationToken ct)
    {
        var reply = new Reply(status, headers, [], ReplyEnd.Whole);
        var isStream = reply.MediaType == "text/event-stream";
        var isLast = reply.Header("Connection")?.Equals("close", StringComparison.OrdinalIgnoreCase) == true;
        var end = ReplyEnd.Whole;
        if (!isHead && status is not (204 or 304))
        {
            if (reply.Header("Transfer-Encoding") is { } coding && coding.Equals("chunked", StringComparison.OrdinalIgnoreCase)) end = await ReadChunksAsync(body, isStream, ct);
            else if (long.TryParse(reply.Header("Content-Length"), CultureInfo.InvariantCulture, out var length)) await ReadBytesAsync(body, length, ct);
            else isLast = true;
        }

        if (isLast || end == ReplyEnd.Enough) Close();
        return reply with { Body = [.. body], End = end };
    }

    private async Task<ReplyEnd> ReadChunksAsync(List<byte> body, bool isStream, CancellationToken ct)
    {
        while (true)
        {
            if (isStream && _start == _end)
            {
                using var quiet = CancellationTokenSource.CreateLinkedTokenSource(ct);
                quiet.CancelAfter(StreamQuiet);
                try
                {
                    await FillAsync(quiet.Token);
                }
                catch (OperationCanceledException) when (!ct.IsCancellationRequested)
                {
                    return ReplyEnd.Enough;
                }
            }

            var size = long.Parse((await ReadLineAsync(ct)).Split(';')[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            await ReadBytesAsync(body, size, ct);
            await ReadLineAsync(ct);
            if (size == 0) return ReplyEnd.Whole;
            if (isStream && body.Count > StreamEnough) return ReplyEnd.Enough;
        }
    }

    private async Task ReadBytesAsync(List<byte> body, long count, CancellationToken ct)
    {
        while (count > 0)
        {
            if (_start == _end) await FillAsync(ct);
            var part = (int)Math.Min(count, _end - _start);
            body.AddRange(_buffer.AsSpan(_start, part));
            (_start, count) = (_start + part, count - part);
        }
    }

    private async Task<string> ReadLineAsync(CancellationToken ct)
    {
        var line = new StringBuilder();
        while (true)
        {
            if (_start == _end) await FillAsync(ct);
            var letter = (char)_buffer[_start++];
            if (letter == '\n') return line.ToString().TrimEnd('\r');
            line.Append(letter);
            if (line.Length > 64 * 1024) throw new IOException("A line without end.");
        }
    }

    private async Task FillAsync(CancellationToken ct)
    {
        (_start, _end) = (0, 0);
        _end = await _socket!.ReceiveAsync(_buffer, ct);
        if (_end == 0) throw new IOException("closed");
    }

    private async Task ReopenAsync(CancellationToken ct)
    {
        Close();
        _socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await _socket.ConnectAsync(address.Host, address.Port, ct);
    }

    private void Close()
    {
        _socket?.Dispose();
        _socket = null;
        (_start, _end) = (0, 0);
    }
}
