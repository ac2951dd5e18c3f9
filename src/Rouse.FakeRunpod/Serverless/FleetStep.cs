using Rouse.FakeRunpod.World;

namespace Rouse.FakeRunpod.Serverless;

/// <summary>
/// The scaler. Facts (docs.runpod.io serverless/endpoints, 2026-08): QUEUE_DELAY adds a worker when the head of the queue has waited longer than
/// its value; REQUEST_COUNT wants ceil((inQueue + inProgress) / value); an endpoint idle for 3 days is cut to 2 workers, for 7 days to none.
/// </summary>
internal sealed class FleetStep(RunpodWorld world)
{
    private static readonly TimeSpan IdleCut = TimeSpan.FromDays(3);
    private static readonly TimeSpan IdleEnd = TimeSpan.FromDays(7);
    private const int MaxAfterIdleCut = 2;

    private readonly WorkerStarter _starter = new(world);

    public void Step(ServerlessEndpoint endpoint, Moment moment)
    {
        CutIdle(endpoint, moment);
        Shrink(endpoint, moment);
        Grow(endpoint, moment);
        foreach (var worker in endpoint.Workers) _starter.Step(endpoint, worker, moment);
    }

    private static void CutIdle(ServerlessEndpoint endpoint, Moment moment)
    {
        var isOver = moment.IsDue(endpoint.LastActive + IdleEnd);
        if (!isOver && !moment.IsDue(endpoint.LastActive + IdleCut)) return;
        endpoint.Max = Math.Min(endpoint.Max, isOver ? 0 : MaxAfterIdleCut);
        endpoint.Min = Math.Min(endpoint.Min, endpoint.Max);
    }

    private void Shrink(ServerlessEndpoint endpoint, Moment moment)
    {
        foreach (var worker in endpoint.Workers.Where(static worker => worker.IsFree).ToList())
        {
            var mayEnd = endpoint.Workers.Count > Math.Max(endpoint.Min, endpoint.QueueDelay is null ? Wanted(endpoint) : 0);
            var isOver = worker.State switch
            {
                WorkerState.Idle => mayEnd && moment.IsDue(worker.IdleSince + endpoint.IdleTimeout),
                WorkerState.Throttled => mayEnd && endpoint.Open == 0,
                _ => false,
            };
            if (isOver || worker.IsDraining || worker.IsStale || endpoint.Workers.Count > endpoint.Max) End(endpoint, worker);
        }

        // What is left over the limit has a job and ends after it.
        foreach (var worker in endpoint.Workers.Take(endpoint.Workers.Count - endpoint.Max).Where(static worker => !worker.IsFree))
        {
            worker.IsDraining = true;
        }
    }

    private void Grow(ServerlessEndpoint endpoint, Moment moment)
    {
        var wanted = Math.Max(endpoint.Min, endpoint.QueueDelay is { } delay ? ByDelay(endpoint, delay, moment) : Wanted(endpoint));
        if (wanted == 0 || world.BalanceOf(endpoint.Account) <= 0) return;
        while (endpoint.Workers.Count < Math.Min(wanted, endpoint.Max)) endpoint.Workers.Add(new Worker(world, endpoint));
    }

    private static int Wanted(ServerlessEndpoint endpoint) => (endpoint.Open + endpoint.RequestCount - 1) / endpoint.RequestCount;

    private static int ByDelay(ServerlessEndpoint endpoint, TimeSpan delay, Moment moment)
    {
        if (endpoint.Queue.Head is not { } head || endpoint.Workers.Count >= endpoint.Max) return 0;
        // No more are on their way than there are jobs that wait.
        if (endpoint.Workers.Count(static worker => worker.Jobs.Count == 0 && worker.State != WorkerState.Unhealthy) >= endpoint.Queue.Waiting)
        {
            return 0;
        }

        var since = head.QueuedAt > endpoint.LastAdded ? head.QueuedAt : endpoint.LastAdded;
        if (!moment.IsDue(since + delay)) return 0;
        endpoint.LastAdded = moment.Now;
        // Looks again when the head has waited as long once more.
        _ = moment.IsDue(moment.Now + delay);
        return endpoint.Workers.Count + 1;
    }

    private static void End(ServerlessEndpoint endpoint, Worker worker)
    {
        endpoint.Workers.Remove(worker);
        worker.Container.Stop();
        endpoint.Queue.Wake();
    }
}
