using Rouse.Core.Deployments;
using Rouse.Core.Jobs;

namespace Rouse.Gateway.Jobs;

/// <content>What the gateway does as the worker of services: it takes a job when it has a place for it, and not before.</content>
public sealed partial class JobPlane
{
    /// <summary>The next job, if one waits. Never waits for one.</summary>
    public async ValueTask<TakenJob?> TakeNowAsync(DeploymentId deployment, string worker)
    {
        var room = await EnterAsync(deployment, CancellationToken.None);
        var entry = See(room, deployment, worker, static entry => !entry.Ready && (entry.Ready = true));
        using var turn = room.Line.Join(most: 1);
        // Not to be cancelled: a take that happened must be known, or its job would wait for its lease to end.
        var jobs = await store.TakeAsync(deployment, worker, 1, CancellationToken.None);
        if (turn.Come.IsCompleted) turn.Settle(jobs.Count);
        if (jobs.Count == 0) return null;
        entry.DoNotStop(jobs.Select(job => job.Id));
        See(room, deployment, worker, Busy);
        _watches.Fire(deployment, jobs[0].Id);
        return jobs[0];
    }
}
