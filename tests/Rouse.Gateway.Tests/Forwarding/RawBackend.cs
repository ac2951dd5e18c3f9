using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Rouse.Gateway.Routing;

namespace Rouse.Gateway.Tests.Forwarding;

/// <summary>A backend of bare sockets: what it was sent, byte by byte, and what it answers, byte by byte.</summary>
internal sealed class RawBackend : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentBag<Task> _running = [];
    private readonly Func<RawConnection, Task> _serve;
    private int _connections;

    public RawBackend(Func<RawConnection, Task> serve)
    {
        _serve = serve;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(1024);
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        _running.Add(AcceptAsync());
    }

    public int Port { get; }

    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Heads and bodies of all requests, in the order of their ends.</summary>
    public ConcurrentQueue<RawRequest> Requests { get; } = new();

    public RouteBackend Route => new("b1", new Uri($"http://127.0.0.1:{Port}"));

    /// <summary>Answers every request of every connection alike.</summary>
    public static RawBackend Answering(string answer) => new(async connection =>
    {
        while (await connection.ReadRequestAsync() is not null) await connection.WriteAsync(answer);
    });

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
        await Task.WhenAll(_running);
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            Socket socket;
            try
            {
                socket = await _listener.AcceptAsync(_end.Token);
            }
            catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }

            Interlocked.Increment(ref _connections);
            _running.Add(ServeAsync(socket));
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using var connection = new RawConnection(socket, Requests, _end.Token);
        try
        {
            await _serve(connection);
        }
        catch (Exception error) when (error is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The other side went, or the test is over.
        }
    }
}

/// <param name="Head">Request line and headers, with their line ends, without the empty line.</param>
internal sealed record RawRequest(string Head, byte[] Body)
{
    public string Line => Head[..Head.IndexOf('\r', StringComparison.Ordinal)];

    public string Target => Line.Split(' ')[1];

    public IEnumerable<string> Headers(string name) => Head.Split("\r\n").Skip(1)
        .Where(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase)).Select(line => line[(name.Length + 1)..].Trim());

    public string? Header(string name) => Headers(name).FirstOrDefault();
}

/// <summary>One side of a connection, spoken by hand.</summary>
internal sealed class RawConnection(Socket socket, ConcurrentQueue<RawRequest>? log, CancellationToken ct) : IDisposable
{
    private readonly NetworkStream _stream = new(socket, ownsSocket: true);
    private readonly List<byte> _unread = [];
    private readonly byte[] _buffer = new byte[64 << 10];

    public CancellationToken Ended => ct;

    public static async Task<RawConnection> ToAsync(int port, CancellationToken ct = default)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port, ct);
        return new RawConnection(socket, null, ct);
    }

    /// <summary>Request line or status line with the headers after it. Null at the connection's end.</summary>
    public async Task<string?> ReadHeadAsync()
    {
        while (true)
        {
            var text = Encoding.Latin1.GetString([.. _unread]);
            if (text.IndexOf("\r\n\r\n", StringComparison.Ordinal) is var end and >= 0)
            {
                _unread.RemoveRange(0, end + 4);
                return text[..end];
            }

            if (!await FillAsync()) return null;
        }
    }

    public async Task<byte[]> ReadAsync(int count)
    {
        while (_unread.Count < count)
        {
            if (!await FillAsync()) throw new IOException("The connection ended within a body.");
        }

        var bytes = _unread[..count].ToArray();
        _unread.RemoveRange(0, count);
        return bytes;
    }

    public async Task<string> ReadLineAsync()
    {
        while (true)
        {
            var text = Encoding.Latin1.GetString([.. _unread]);
            if (text.IndexOf("\r\n", StringComparison.Ordinal) is var end and >= 0)
            {
                _unread.RemoveRange(0, end + 2);
                return text[..end];
            }

            if (!await FillAsync()) throw new IOException("The connection ended within a line.");
        }
    }

    /// <summary>A request with its body. Null at the connection's end.</summary>
    public async Task<RawRequest?> ReadRequestAsync()
    {
        if (await ReadHeadAsync() is not { } head) return null;
        var request = new RawRequest(head, []);
        request = request with { Body = await ReadBodyAsync(request) };
        log?.Enqueue(request);
        return request;
    }

    public async Task<byte[]> ReadBodyAsync(RawRequest request)
    {
        if (request.Header("Transfer-Encoding") is null) return request.Header("Content-Length") is { } length ? await ReadAsync(int.Parse(length)) : [];
        List<byte> body = [];
        while (true)
        {
            var size = Convert.ToInt32((await ReadLineAsync()).Split(';')[0], 16);
            body.AddRange(await ReadAsync(size));
            var after = await ReadLineAsync();
            if (size > 0) continue;
            while (after.Length > 0) after = await ReadLineAsync();
            return [.. body];
        }
    }

    /// <summary>All that comes until the end; <see cref="IOException"/> if that is a reset.</summary>
    public async Task<string> ReadToEndAsync()
    {
        while (await FillAsync())
        {
        }

        var text = Encoding.Latin1.GetString([.. _unread]);
        _unread.Clear();
        return text;
    }

    /// <summary>What comes next; empty at the connection's end.</summary>
    public async Task<string> ReadSomeAsync()
    {
        if (_unread.Count == 0) await FillAsync();
        var text = Encoding.Latin1.GetString([.. _unread]);
        _unread.Clear();
        return text;
    }

    /// <summary>Reads and hashes, and keeps nothing.</summary>
    public async Task DiscardAsync(long count, IncrementalHash hash)
    {
        hash.AppendData([.. _unread]);
        for (count -= _unread.Count; count > 0;)
        {
            var read = await _stream.ReadAsync(_buffer, ct);
            if (read == 0) throw new IOException("The connection ended within a body.");
            hash.AppendData(_buffer, 0, read);
            count -= read;
        }

        _unread.Clear();
    }

    public async Task WriteAsync(string text) => await _stream.WriteAsync(Encoding.Latin1.GetBytes(text), ct);

    public async Task WriteAsync(ReadOnlyMemory<byte> bytes) => await _stream.WriteAsync(bytes, ct);

    /// <summary>Ends the connection with a reset: the other side cannot take it for a clean end.</summary>
    public void Reset()
    {
        socket.LingerState = new LingerOption(enable: true, seconds: 0);
        socket.Close();
    }

    public void Dispose() => _stream.Dispose();

    private async Task<bool> FillAsync()
    {
        var count = await _stream.ReadAsync(_buffer, ct);
        _unread.AddRange(_buffer.AsSpan(0, count));
        return count > 0;
    }
}
