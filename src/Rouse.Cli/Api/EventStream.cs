using System.Net;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Rouse.Cli.Api;

/// <summary>What an event stream tells its reader.</summary>
internal abstract record StreamNews
{
    /// <summary>Connected, for the first time or again: what a plain GET shows is now no older than the events that follow.</summary>
    public sealed record Opened : StreamNews;

    /// <param name="Id">Null where the server gave none.</param>
    public sealed record Event(string? Id, string Name, string Data) : StreamNews;

    /// <summary>The connection is gone; the next try comes after a pause.</summary>
    public sealed record Cut(string Why) : StreamNews;

    /// <summary>There is no use in trying again. Always the last.</summary>
    public sealed record GaveUp(Failure Failure) : StreamNews;
}

/// <summary>
/// A server-sent event stream that outlives its connections: after a cut it comes back with Last-Event-ID, so no event is lost or told twice.
/// It ends when the reader stops, when the server closes it after a phase that ends streams, or when the server cannot be reached any more.
/// </summary>
/// <remarks>A server that shuts down closes its streams in good order too; only the last status tells the two apart.</remarks>
internal sealed class EventStream(HttpCalls calls, TimeProvider time, Func<double> jitter)
{
    /// <summary>The server sends a heartbeat every 15 s.</summary>
    private static readonly TimeSpan s_longestSilence = TimeSpan.FromSeconds(60);

    /// <param name="endsAt">The phases after which the server has no more to say on this stream.</param>
    public async IAsyncEnumerable<StreamNews> ReadAsync(string path, Func<string, bool> endsAt, [EnumeratorCancellation] CancellationToken ct)
    {
        var position = new Position();
        var failures = 0;
        while (true)
        {
            string? cut;
            var opened = await calls.OpenStreamAsync(path, position.LastId, ct);
            if (opened.TryGet(out var response, out var failure))
            {
                using var _ = response;
                // All was told and nothing more can come. (WHATWG HTML §9.2.3)
                if (response.StatusCode is HttpStatusCode.NoContent) yield break;
                yield return new StreamNews.Opened();
                await using var body = new SilenceGuard(await response.Content.ReadAsStreamAsync(ct), s_longestSilence, time);
                var parser = SseParser.Create(body);
                await using var items = parser.EnumerateAsync(ct).GetAsyncEnumerator(ct);
                while (true)
                {
                    (var item, cut) = await NextAsync(items, ct);
                    if (item is null) break;
                    failures = 0;
                    position.Pass(item, parser.LastEventId);
                    yield return item;
                }

                if (cut is null && position.Phase is { } phase && endsAt(phase)) yield break;
                position.Retry = parser.ReconnectionInterval;
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

            cut ??= "closed by the server";
            if (++failures > Backoff.MaxReconnects)
            {
                yield return new StreamNews.GaveUp(failure ?? Faults.Unreachable(calls.Server, cut));
                yield break;
            }

            yield return new StreamNews.Cut(cut);
            await Task.Delay(Backoff.Pause(failures, jitter(), position.Retry), time, ct);
        }
    }

    /// <summary>The phase that a <c>status</c> event tells of; null for other events, and for one this rouse does not understand.</summary>
    public static string? PhaseOf(StreamNews.Event happened)
    {
        if (happened.Name is not "status") return null;
        try
        {
            return JsonSerializer.Deserialize(happened.Data, ClientJson.Api.StatusEvent)?.Status;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <returns>No item at the end, and why it came: null when the server closed the stream in good order.</returns>
    private static async Task<(StreamNews.Event? Item, string? Cut)> NextAsync(IAsyncEnumerator<SseItem<string>> items, CancellationToken ct)
    {
        try
        {
            if (!await items.MoveNextAsync()) return (null, null);
            return (new StreamNews.Event(items.Current.EventId, items.Current.EventType, items.Current.Data), null);
        }
        catch (Exception e) when (e is IOException or HttpRequestException && !ct.IsCancellationRequested)
        {
            return (null, e.Message);
        }
    }

    /// <summary>How far a stream was read.</summary>
    private sealed class Position
    {
        public string? LastId { get; private set; }

        public string? Phase { get; private set; }

        /// <summary>The pause the server asked for; zero when it asked for none.</summary>
        public TimeSpan Retry { get; set; }

        public void Pass(StreamNews.Event happened, string lastId)
        {
            if (lastId.Length > 0) LastId = lastId;
            Phase = PhaseOf(happened) ?? Phase;
        }
    }
}
