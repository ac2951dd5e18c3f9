using System.Diagnostics;
using System.Globalization;
using System.Net.Http;
using System.Threading.Channels;
using Xunit.Abstractions;

namespace Rouse.Gateway.Tests.Forwarding;

/// <summary>
/// Many event streams at once whose backend breaks each off again and again, and callers that go on from <c>Last-Event-ID</c>. <c>ROUSE_GATEWAY_STREAMS</c> asks for more than
/// 40, <c>ROUSE_GATEWAY_STREAM_EVENTS</c> for more events than 12 in each, <c>ROUSE_GATEWAY_STREAM_PAUSE_MS</c> for a pause between two.
/// </summary>
public sealed class ManyStreamsTests(ITestOutputHelper output)
{
    /// <summary>Events after which a stream is broken off.</summary>
    private const int BreakAfter = 5;

    private static readonly int s_streams = Setting("ROUSE_GATEWAY_STREAMS", 40);
    private static readonly int s_events = Setting("ROUSE_GATEWAY_STREAM_EVENTS", 12);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(Setting("ROUSE_GATEWAY_STREAM_PAUSE_MS", 0));

    private readonly Channel<double> _delays = Channel.CreateUnbounded<double>();
    private int _breaks;

    [Fact]
    public async Task EveryEvent_ComesOnce_InItsOrder_ThroughEveryBreak_AndNoBreakLooksLikeAnEnd()
    {
        await using var backend = new RawBackend(TellAsync);
        await using var front = await Front.StartAsync(backend.Route);
        using var http = front.Client();
        await Task.WhenAll(Enumerable.Range(0, s_streams).Select(stream => Task.Run(() => ListenAsync(http, front, stream))));

        // Each break is met by its caller as one. Its reset may take the last events with it, which then come in the next part, so there may be more.
        Assert.True(_breaks >= s_streams * ((s_events - 1) / BreakAfter), $"{_breaks} breaks");
        _delays.Writer.Complete();
        var delays = await _delays.Reader.ReadAllAsync().Order().ToListAsync();
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"streams: {s_streams} of {s_events} events, {_breaks} broken off and gone on with: 0 events lost, 0 twice; from the backend's write to the caller p50 {delays[delays.Count / 2]:F2} ms, p99 {delays[delays.Count * 99 / 100]:F2} ms"));
    }

    private static int Setting(string name, int otherwise) => int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var count) ? count : otherwise;

    /// <summary>An event holds its number and the moment it was written at.</summary>
    private static async Task TellAsync(RawConnection connection)
    {
        while (await connection.ReadRequestAsync() is { } request)
        {
            await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
            var last = int.Parse(request.Header("Last-Event-ID") ?? "-1", CultureInfo.InvariantCulture);
            for (var id = last + 1; id < s_events; id++)
            {
                if (id - last > BreakAfter)
                {
                    // The connection is closed without the last chunk.
                    return;
                }

                if (s_pause > TimeSpan.Zero) await Task.Delay(s_pause, TimeProvider.System, connection.Ended);
                var text = string.Create(CultureInfo.InvariantCulture, $"id: {id}\ndata: {Stopwatch.GetTimestamp()}\n\n");
                await connection.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"{text.Length:x}\r\n{text}\r\n"));
            }

            await connection.WriteAsync("0\r\n\r\n");
        }
    }

    private async Task ListenAsync(HttpMessageInvoker http, Front front, int stream)
    {
        for (var last = -1; last < s_events - 1;)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(front.Address, $"/{stream}"));
            if (last >= 0) request.Headers.Add("Last-Event-ID", last.ToString(CultureInfo.InvariantCulture));
            try
            {
                using var answer = await http.SendAsync(request, CancellationToken.None);
                if ((int)answer.StatusCode == Front.NothingRelayed) throw new HttpRequestException("Broken off before its head was relayed.");
                using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
                while (await reader.ReadLineAsync() is { } line)
                {
                    var data = await reader.ReadLineAsync();
                    if (await reader.ReadLineAsync() != "") break;
                    _delays.Writer.TryWrite(Stopwatch.GetElapsedTime(long.Parse(data!["data: ".Length..], CultureInfo.InvariantCulture)).TotalMilliseconds);
                    Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"id: {++last}"), line);
                }

                Assert.Equal(s_events - 1, last);
            }
            catch (Exception broken) when (broken is IOException or HttpRequestException)
            {
                Interlocked.Increment(ref _breaks);
            }
        }
    }
}
