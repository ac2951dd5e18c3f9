using Rouse.Core.Deployments;
using Rouse.Core.Scheduling;

namespace Rouse.Providers.Local;

/// <summary>
/// Decides what a pool does next. Pure and total: facts and the time in, steps out; <see cref="Pool"/> carries them out.
/// <code>
///   Starting ── seen to ask for a job ──► Ready ── idle, recycled, sick, silent, to sleep ──► Draining ── holds no job ──► Stopping ── grace over ──► Killed
///      └── start timeout ──► Killed, a crash                                        (offered no job)            (SIGTERM)
///   the pool ends: any of them ──► Stopping at once
/// </code>
/// </summary>
internal static class PoolPlan
{
    public static IReadOnlyList<PoolStep> For(PoolFacts pool, LocalOptions options)
    {
        List<PoolStep> steps = [.. pool.Workers.Select(worker => Next(worker, pool, options)).OfType<PoolStep>()];
        if (pool.Want != Want.Running) return steps;

        var left = pool.Workers.Where(worker => steps.TrueForAll(step => step.Worker != worker.Id)).ToList();
        var ready = left.Where(worker => worker.Stage == Stage.Ready)
            .Select(worker => new ReadyWorker(worker.Id, worker.Jobs, worker.LastBusy)).ToList();
        var starting = left.Count(worker => worker.Stage == Stage.Starting);
        if (pool.ShownReady)
        {
            var idle = IdlePolicy.ToStop(pool.Scaling, ready, starting, pool.Queued, pool.Now);
            steps.AddRange(idle.Select(id => new PoolStep.Drain(id, "it was idle")));
        }

        var starts = Starts(pool, ready.Count, starting);
        if (starts > 0 && pool.Now >= pool.StartAfter) steps.Add(new PoolStep.Start(starts));
        return steps;
    }

    private static PoolStep? Next(WorkerFacts worker, PoolFacts pool, LocalOptions options)
    {
        var age = pool.Now - worker.Since;
        switch (worker.Stage)
        {
            case Stage.Killed:
                return null;
            case Stage.Stopping:
                return age >= (pool.Want == Want.Ended ? options.EndGrace : options.StopGrace) ? new PoolStep.Kill(worker.Id, Crash: null) : null;
            case var _ when pool.Want == Want.Ended:
            case Stage.Draining when worker.Jobs == 0:
                return new PoolStep.Terminate(worker.Id);
            case Stage.Draining:
                return null;
            case var _ when worker.Recycle:
                return new PoolStep.Drain(worker.Id, "it asked to be replaced");
            case var _ when worker.Unhealthy is { } why:
                return new PoolStep.Drain(worker.Id, $"it said: {why}", Fault: !worker.HasWorked);
            case Stage.Ready when worker.Jobs == 0 && pool.Now - worker.LastSeen >= options.SilentTimeout:
                return new PoolStep.Drain(worker.Id, "it was not heard of", Fault: !worker.HasWorked);
            case Stage.Starting when age >= pool.Scaling.StartTimeout:
                return new PoolStep.Kill(worker.Id, $"was not ready after {(int)pool.Scaling.StartTimeout.TotalSeconds} s");
            case var _ when pool.Want == Want.Sleeping:
                return new PoolStep.Drain(worker.Id, "the backend was put to sleep");
            default:
                return null;
        }
    }

    private static int Starts(PoolFacts pool, int ready, int starting)
    {
        var workers = ready + starting;
        var load = new PoolLoad(pool.Queued, pool.HeadWait, pool.Running, workers, starting, pool.Now - pool.LastStart);
        var desired = Math.Max(ScalePolicy.Desired(pool.Scaling, load), pool.Floor);
        if (pool.Growth == Growth.OnlyFirst) desired = Math.Min(desired, 1);
        // Workers on their way out still hold memory: they count until they are gone.
        var room = Math.Max(pool.Scaling.Min, pool.Scaling.Max) - pool.Workers.Count;
        return pool.Growth == Growth.None ? 0 : Math.Min(desired - workers, room);
    }
}

internal enum Want
{
    Running,
    Sleeping,
    Ended,
}

internal enum Stage
{
    Starting,
    Ready,
    Draining,
    Stopping,
    Killed,
}

/// <summary>What the faults so far leave of the wish for more workers.</summary>
internal enum Growth
{
    Free,

    /// <summary>Another worker beside one that works failed for good: this machine carries no second one.</summary>
    OnlyFirst,
    None,
}

/// <param name="Floor">Workers wanted whatever the load.</param>
/// <param name="ShownReady">A list has shown a ready worker; before that none is idle, or the deployment would never be seen to be ready.</param>
/// <param name="StartAfter">No start before this: the pause after a crash.</param>
internal sealed record PoolFacts(
    WorkerScaling Scaling, Want Want, int Floor, bool ShownReady, Growth Growth, DateTimeOffset StartAfter, DateTimeOffset LastStart,
    IReadOnlyList<WorkerFacts> Workers, int Queued, TimeSpan HeadWait, int Running, DateTimeOffset Now);

/// <param name="Since">When it entered its stage.</param>
/// <param name="HasWorked">It has finished a job.</param>
/// <param name="Recycle">It asked to be replaced and takes no more jobs.</param>
internal sealed record WorkerFacts(
    string Id, Stage Stage, DateTimeOffset Since, int Jobs, DateTimeOffset LastBusy, DateTimeOffset LastSeen, bool HasWorked, string? Unhealthy,
    bool Recycle = false);

internal abstract record PoolStep(string? Worker)
{
    public sealed record Start(int Count) : PoolStep(Worker: null);

    /// <param name="Fault">It is replaced for its own fault and counts as crashed.</param>
    public sealed record Drain(string Id, string Why, bool Fault = false) : PoolStep(Id);

    public sealed record Terminate(string Id) : PoolStep(Id);

    /// <param name="Crash">What it is to be counted as crashed for, or null when its end was wanted.</param>
    public sealed record Kill(string Id, string? Crash) : PoolStep(Id);
}
