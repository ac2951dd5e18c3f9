using Rouse.Cli.Api;
using Rouse.Contracts.Deployments;

namespace Rouse.Cli.Following;

/// <summary>Follows one deployment through its events until it is where the caller wants it, or can no longer get there.</summary>
internal sealed class Follower(RouseClient api, TimeProvider time)
{
    /// <summary>How soon a deployment is looked at again that sends no more events.</summary>
    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(500);

    /// <summary>A server counts requests.</summary>
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(2);

    /// <param name="isThere">Judges a phase: true ends the following.</param>
    /// <returns>The deployment as it was when the following ended; a <see cref="Failure"/> when the server was lost.</returns>
    public async Task<Reply<DeploymentView>> FollowAsync(string id, Func<string, bool> isThere, IStartView view, CancellationToken ct)
    {
        if (await ReadStreamAsync(id, isThere, view, ct) is { } lost) return lost;
        for (var pause = s_firstPause; ; pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 3 / 2, s_longestPause.Ticks)))
        {
            var looked = await api.GetAsync(id, ct);
            if (!looked.TryGet(out var now, out var failure)) return failure;
            lock (view.Progress) view.Progress.See(now, time.GetUtcNow());
            view.Changed(null);
            if (isThere(now.Status)) return now;
            // The server ends its stream at ready; what comes after (deleting, deleted) is looked for.
            await Task.Delay(pause, time, ct);
        }
    }

    /// <summary>Reads until an event says that the deployment is there, or the stream has ended.</summary>
    private async Task<Failure?> ReadStreamAsync(string id, Func<string, bool> isThere, IStartView view, CancellationToken ct)
    {
        var progress = view.Progress;
        await foreach (var news in api.EventsAsync(id, ct))
        {
            LogLine? line = null;
            string? phase = null;
            switch (news)
            {
                case StreamNews.Opened:
                    // Events may have begun before this stream did: one look fills in what they told.
                    var looked = await api.GetAsync(id, ct);
                    if (!looked.TryGet(out var now, out var failure)) return failure;
                    lock (progress) progress.See(now, time.GetUtcNow());
                    break;
                case StreamNews.Event happened:
                    phase = EventStream.PhaseOf(happened);
                    lock (progress) line = progress.See(happened);
                    break;
                case StreamNews.Cut cut:
                    lock (progress) progress.Cut(cut.Why);
                    break;
                case StreamNews.GaveUp gaveUp:
                    return gaveUp.Failure;
            }

            view.Changed(line);
            if (phase is not null && isThere(phase)) return null;
        }

        return null;
    }
}
