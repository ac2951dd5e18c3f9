using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;

namespace Rouse.Cli.Api;

/// <summary>What an event stream tells its reader.</summary>
internal abstract record StreamNews
{
    /// <summary>Connected, for the first time or again: what a plain GET shows is now no older than the events that follow.</summary>
    public sealed record Opened : StreamNews;

    /// <param name="Id">Null where the server gave none.</param>
    public sealed record Event(string? Id, string Name, string Data) : StreamNews;

    /// <summary>The connection is gone; the next try comes after a pause.</summary>
    /// <param name="InGoodOrder">The server closed it and had no more to say for now.</param>
    public sealed record Cut(string Why, bool InGoodOrder) : StreamNews;

    /// <summary>There is no use in trying again. Always the last.</summary>
    public sealed record GaveUp(Failure Failure) : StreamNews;
}

/// <summary>
/// A server-sent event stream that outlives its connections: after a cut it comes back with Last-Event-ID, so no event is lost or told twice.
/// It ends when the reader stops, when an event it was told is the last has come, or when the server cannot be reached any more.
/// </summary>
internal sealed class EventStream(HttpCalls calls, TimeProvider time, Func<double> jitter)
{
    /// <summary>The server sends a heartbeat well within this.</summary>
    private static readonly TimeSpan s_longestSilence = TimeSpan.FromSeconds(60);

    public async IAsyncEnumerable<StreamNews> ReadAsync(
        string path, Func<StreamNews.Event, bool> isLast, [EnumeratorCancellation] CancellationToken ct)
    {
        string? lastId = null;
        TimeSpan? asked = null;
        var failures = 0;
        while (true)
        {
            var cut = "";
            var inGoodOrder = false;
            var opened = await calls.OpenStreamAsync(path, lastId, ct);
            if (opened.TryGet(out var response, out var failure))
            {
                using var _ = response;
                yield return new StreamNews.Opened();
                await using var body = new SilenceGuard(await response.Content.ReadAsStreamAsync(ct), s_longestSilence, time);
                var parser = SseParser.Create(body);
                await using var items = parser.EnumerateAsync(ct).GetAsyncEnumerator(ct);
                while (true)
                {
                    (var item, cut) = await NextAsync(items, ct);
                    inGoodOrder = cut.Length == 0;
                    if (item is null) break;
                    failures = 0;
                    if (parser.LastEventId.Length > 0) lastId = parser.LastEventId;
                    yield return item;
                    if (isLast(item)) yield break;
                }

                if (parser.ReconnectionInterval > TimeSpan.Zero) asked = parser.ReconnectionInterval;
            }
            else if (failure.Exit is ExitCode.Unreachable or ExitCode.Timeout or ExitCode.ServerError)
            {
                cut = failure.What;
            }
            else
            {
                yield return new StreamNews.GaveUp(failure);
                yield break;
            }

            if (++failures > Backoff.MaxReconnects)
            {
                yield return new StreamNews.GaveUp(failure ?? Faults.Unreachable(calls.Server, cut));
                yield break;
            }

            yield return new StreamNews.Cut(inGoodOrder ? "closed by the server" : cut, inGoodOrder);
            await Task.Delay(Backoff.Pause(failures, jitter(), asked), time, ct);
        }
    }

    /// <returns>No item at the end, and why it came; no reason when the server closed the stream in good order.</returns>
    private static async Task<(StreamNews.Event? Item, string Cut)> NextAsync(IAsyncEnumerator<SseItem<string>> items, CancellationToken ct)
    {
        try
        {
            if (!await items.MoveNextAsync()) return (null, "");
            return (new StreamNews.Event(items.Current.EventId, items.Current.EventType, items.Current.Data), "");
        }
        catch (Exception e) when (e is IOException or HttpRequestException && !ct.IsCancellationRequested)
        {
            return (null, e.Message);
        }
    }
}
