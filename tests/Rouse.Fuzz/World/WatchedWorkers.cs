using Rouse.FakeRunpod.Workers;

namespace Rouse.Fuzz.World;

/// <summary>Workers without an engine. What each is told of its deployment is noted, so that cases can speak in its name.</summary>
internal sealed class WatchedWorkers(Pool pool, TimeProvider time) : IWorkerRunner
{
    private readonly SimulatedWorkers _workers = new(time);
    private int _started;
    private int _pods;

    public IRunningWorker Start(ContainerLaunch launch)
    {
        // Most serve; some never come up, some fail, so that starting, failed and ready deployments are all there.
        var number = Interlocked.Increment(ref _started);
        // Pods take their jobs from the server itself: every other one leaves them for cases to take.
        var isIdle = launch.EndpointId is null && Interlocked.Increment(ref _pods) % 2 == 1;
        _workers.Plan = _ => new SimulatedPlan { End = isIdle ? SimulatedEnd.Hangs : number % 8 == 7 ? SimulatedEnd.ReportsFailure : SimulatedEnd.Serves };
        var environment = launch.Environment;
        if (environment.TryGetValue("ROUSE_DEPLOYMENT_ID", out var id) && environment.TryGetValue("ROUSE_ATTEMPT", out var attempt))
        {
            // An idle worker takes no job: those of its deployment are left for cases to take.
            if (isIdle) pool.Add("idle", ("id", id), ("worker", launch.Id), ("token", environment.GetValueOrDefault("ROUSE_ATTEMPT_TOKEN", "none")));
            pool.Add(
                "served", ("id", id), ("attempt", attempt), ("worker", launch.Id), ("token", environment.GetValueOrDefault("ROUSE_ATTEMPT_TOKEN", "none")),
                ("secret", environment.GetValueOrDefault("ROUSE_CALLBACK_SECRET", "none")));
        }

        return _workers.Start(launch);
    }
}
