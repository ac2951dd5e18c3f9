using Rouse.Core.Deployments;

namespace Rouse.Core.Scheduling;

/// <summary>Which workers have had nothing to do for too long. Pure: the clock is an argument.</summary>
public static class IdlePolicy
{
    /// <param name="ready">Workers that have loaded their model and take jobs.</param>
    /// <param name="starting">Workers on their way to that; they count towards <see cref="WorkerScaling.Min"/>.</param>
    /// <param name="queued">Jobs waiting. While one waits nobody is stopped: it is about to be taken.</param>
    /// <returns>Workers to stop, the longest idle first. Never one that holds a job, never below the minimum.</returns>
    public static IReadOnlyList<string> ToStop(
        WorkerScaling scaling, IReadOnlyCollection<ReadyWorker> ready, int starting, int queued, DateTimeOffset now)
    {
        var spare = ready.Count + starting - scaling.Min;
        if (queued > 0 || spare <= 0) return [];
        return
        [
            .. ready.Where(worker => worker.Jobs == 0 && now - worker.LastBusy >= scaling.IdleTimeout)
                .OrderBy(worker => worker.LastBusy)
                .Take(spare)
                .Select(worker => worker.Name),
        ];
    }
}

/// <param name="Jobs">Jobs it holds.</param>
/// <param name="LastBusy">When it last held one, or when it became ready.</param>
public readonly record struct ReadyWorker(string Name, int Jobs, DateTimeOffset LastBusy);
