using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Rouse.Bench;

/// <summary>
/// Asks at a fixed rate, whatever the answers take: a request goes out when its time has come, on whichever connection is free. Prints p50 and p99 in milliseconds. Times run from the
/// sending, so that they are the server's and not those of this process's timers.
/// </summary>
internal sealed class RateLoad(Uri url, string? key)
{
    private const int Connections = 64;
    private const double WarmUp = 0.25;

    private readonly Stack<Socket> _free = new();
    private readonly List<double> _times = [];
    private int _late;

    public static async Task<int> RunAsync(string[] args)
    {
        if (args is not [var url, "--rate", var rate, "--seconds", var seconds, "--key", var key]) return 2;
        var load = new RateLoad(new Uri(url), key.Length > 0 ? key : null);
        await load.RunAsync(int.Parse(rate, CultureInfo.InvariantCulture), int.Parse(seconds, CultureInfo.InvariantCulture));
        return 0;
    }

    private async Task RunAsync(int rate, int seconds)
    {
        for (var i = 0; i < Connections; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(IPAddress.Loopback, url.Port);
            _free.Push(socket);
        }

        var authorization = key is null ? "" : $"Authorization: Bearer {key}\r\n";
        var request = Encoding.ASCII.GetBytes($"GET {url.PathAndQuery} HTTP/1.1\r\nHost: {url.Authority}\r\n{authorization}\r\n");
        var watch = Stopwatch.StartNew();
        List<Task> running = [];
        for (var i = 0; i < rate * seconds; i++)
        {
            var due = TimeSpan.FromSeconds((double)i / rate);
            while (watch.Elapsed < due) await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
            running.Add(AskAsync(request, isCounted: i > rate * seconds * WarmUp));
        }

        await Task.WhenAll(running);
        var sorted = _times.Order().ToList();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{sorted[sorted.Count / 2]:F3} {sorted[sorted.Count * 99 / 100]:F3} {_late}"));
    }

    private async Task AskAsync(byte[] request, bool isCounted)
    {
        Socket? socket;
        lock (_free)
        {
            if (!_free.TryPop(out socket))
            {
                _late++;
                return;
            }
        }

        var start = Stopwatch.GetTimestamp();
        await socket.SendAsync(request);
        var buffer = new byte[16 << 10];
        var filled = 0;
        while (!IsWhole(buffer.AsSpan(0, filled)))
        {
            var read = await socket.ReceiveAsync(buffer.AsMemory(filled));
            if (read == 0) throw new InvalidOperationException("The server ended the connection.");
            filled += read;
        }

        var took = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        if (!buffer.AsSpan().StartsWith("HTTP/1.1 200"u8)) throw new InvalidOperationException(Encoding.ASCII.GetString(buffer, 0, filled));
        lock (_free)
        {
            _free.Push(socket);
            if (isCounted) _times.Add(took);
        }
    }

    /// <summary>By its Content-Length, which all of the servers here send.</summary>
    private static bool IsWhole(ReadOnlySpan<byte> answer)
    {
        var end = answer.IndexOf("\r\n\r\n"u8);
        if (end < 0) return false;
        var head = Encoding.ASCII.GetString(answer[..end]);
        var at = head.IndexOf("content-length:", StringComparison.OrdinalIgnoreCase);
        if (at < 0) throw new InvalidOperationException(head);
        var line = head.AsSpan(at + "content-length:".Length);
        if (line.IndexOf('\r') is var stop and >= 0) line = line[..stop];
        return answer.Length >= end + 4 + int.Parse(line.Trim(), CultureInfo.InvariantCulture);
    }
}
