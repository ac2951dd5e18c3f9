using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Rouse.Bench;

/// <summary>Idle event streams of one deployment, and the time until its deletion is told to all of them. Prints one row of a Markdown table.</summary>
internal sealed class StreamLoad(Uri server, int serverProcess)
{
    private const int OpenAtOnce = 64;

    /// <summary>Two heartbeats: what opening the streams cost for a moment is gone then, what they hold is not.</summary>
    private static readonly TimeSpan s_settle = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly HttpClient _http = new() { BaseAddress = server };

    public static async Task<int> RunAsync(string[] args)
    {
        if (args is not [var url, "--server", var process, "--streams", var streams]) return 2;
        await new StreamLoad(new Uri(url), int.Parse(process, CultureInfo.InvariantCulture)).MeasureAsync(int.Parse(streams, CultureInfo.InvariantCulture));
        return 0;
    }

    private async Task MeasureAsync(int count)
    {
        using var content = new StringContent("""{"hf_model_id":"bench/model","gpu_tier":"A10","workers":{"min":1,"max":1}}""", Encoding.UTF8, "application/json");
        using var created = await _http.PostAsync("v1/deployments", content);
        using var reply = JsonDocument.Parse(await created.EnsureSuccessStatusCode().Content.ReadAsByteArrayAsync());
        var id = reply.RootElement.GetProperty("deployment_id").GetString()!;

        // A first hundred, so that code paths and pools are not counted as streams.
        var streams = new List<Stream>(await OpenAsync(id, 100));
        await Task.Delay(s_settle, TimeProvider.System);
        var before = ResidentKiB();
        streams.AddRange(await OpenAsync(id, count - streams.Count));
        await Task.Delay(s_settle, TimeProvider.System);
        var after = ResidentKiB();

        var cause = new long[1];
        using var patience = new CancellationTokenSource(s_patience, TimeProvider.System);
        var told = streams.Select(stream => NextEventAsync(stream, cause, patience.Token)).ToList();
        Volatile.Write(ref cause[0], Stopwatch.GetTimestamp());
        using var deleted = await _http.DeleteAsync("v1/deployments/" + id, patience.Token);
        deleted.EnsureSuccessStatusCode();
        var answered = Stopwatch.GetElapsedTime(cause[0]).TotalMilliseconds;
        var waits = (await Task.WhenAll(told)).Order().ToList();
        foreach (var stream in streams) await stream.DisposeAsync();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {count:N0} | {before / 1024} | {after / 1024} | {(after - before) / (double)(count - 100):F1} | {answered:F0} | {waits[0]:F0} | {waits[count / 2]:F0} | {waits[^1]:F0} |"));
    }

    private async Task<Stream[]> OpenAsync(string id, int count)
    {
        using var gate = new SemaphoreSlim(OpenAtOnce);
        return await Task.WhenAll(Enumerable.Range(0, count).Select(async _ =>
        {
            await gate.WaitAsync();
            try
            {
                return await OpenOneAsync(id);
            }
            finally
            {
                gate.Release();
            }
        }));
    }

    /// <summary>A bare socket: the client's memory must not be what ten thousand streams run out of.</summary>
    private async Task<Stream> OpenOneAsync(string id)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, server.Port);
        var stream = new NetworkStream(socket, ownsSocket: true);
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET /v1/deployments/{id}/stream HTTP/1.1\r\nHost: {server.Authority}\r\nAccept: text/event-stream\r\n\r\n"));
        var buffer = new byte[4096];
        var head = Encoding.ASCII.GetString(buffer, 0, await stream.ReadAsync(buffer));
        if (!head.StartsWith("HTTP/1.1 200", StringComparison.Ordinal)) throw new InvalidOperationException("The stream was refused: " + head);
        return stream;
    }

    /// <summary>Milliseconds from the cause to the first event after it; what came before and heartbeats are passed over.</summary>
    private static async Task<double> NextEventAsync(Stream stream, long[] cause, CancellationToken ct)
    {
        var buffer = new byte[4096];
        while (true)
        {
            var got = await stream.ReadAsync(buffer, ct);
            if (got == 0) throw new InvalidOperationException("A stream ended before the event.");
            var since = Volatile.Read(ref cause[0]);
            if (since != 0 && buffer.AsSpan(0, got).IndexOf("\"deleting\""u8) >= 0) return Stopwatch.GetElapsedTime(since).TotalMilliseconds;
        }
    }

    private long ResidentKiB()
    {
        using var process = Process.GetProcessById(serverProcess);
        return process.WorkingSet64 / 1024;
    }
}
