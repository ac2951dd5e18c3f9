using Rouse.Cli.Api;
using Rouse.Contracts.Deployments;

namespace Rouse.Cli.Following;

/// <summary>Follows one deployment through its events until it is where the caller wants it, or can no longer get there.</summary>
internal sealed class Follower(RouseClient api, TimeProvider time)
{
    /// <summary>How often a deployment is looked at that sends no more events.</summary>
    private static readonly TimeSpan s_pollPause = TimeSpan.FromMilliseconds(500);

    /// <param name="isThere">Judges a phase: true ends the following.</param>
    /// <returns>The deployment as it was when the following ended; a <see cref="Failure"/> when the server was lost.</returns>
    public async Task<Reply<DeploymentView>> FollowAsync(string id, Func<string, bool> isThere, IStartView view, CancellationToken ct)
    {
        while (true)
        {
            var (lost, ended) = await ReadStreamAsync(id, isThere, view, ct);
            if (lost is not null) return lost;
            var looked = await api.GetAsync(id, ct);
            if (!looked.TryGet(out var now, out var failure)) return failure;
            lock (view.Progress) view.Progress.See(now, time.GetUtcNow());
            view.Changed(null);
            if (ended || isThere(now.Status)) return now;
            // The server ends its stream at ready; what comes after (deleting, deleted) is looked for.
            await Task.Delay(s_pollPause, time, ct);
        }
    }

    /// <summary>Reads until an event says that it is over, or the server closes what a look has shown to be over.</summary>
    private async Task<(Failure? Lost, bool There)> ReadStreamAsync(string id, Func<string, bool> isThere, IStartView view, CancellationToken ct)
    {
        var progress = view.Progress;
        var last = "";
        await foreach (var news in api.EventsAsync(id, _ => isThere(last) || StartProgress.IsEnd(last), ct))
        {
            LogLine? line = null;
            switch (news)
            {
                case StreamNews.Opened:
                    // Events may have begun before this stream did: one look fills in what they told.
                    var looked = await api.GetAsync(id, ct);
                    if (!looked.TryGet(out var now, out var failure)) return (failure, false);
                    lock (progress) progress.See(now, time.GetUtcNow());
                    break;
                case StreamNews.Event happened:
                    lock (progress) line = progress.See(happened, out last);
                    break;
                case StreamNews.Cut { InGoodOrder: true } when progress.IsOver || isThere(progress.Status):
                    return (null, isThere(progress.Status));
                case StreamNews.Cut cut:
                    lock (progress) progress.Cut(cut.Why);
                    break;
                case StreamNews.GaveUp gaveUp:
                    return (gaveUp.Failure, false);
            }

            view.Changed(line);
        }

        return (null, isThere(progress.Status));
    }
}
