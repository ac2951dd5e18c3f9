using Rouse.Core.Deployments;
using Rouse.Core.Jobs;

namespace Rouse.Gateway.Jobs;

/// <content>What workers ask and say.</content>
public sealed partial class JobPlane
{
    /// <summary>Up to <paramref name="most"/> jobs, waiting for the first at most <see cref="JobLimits.PollHold"/>; none when none came.</summary>
    public ValueTask<IReadOnlyList<TakenJob>> TakeAsync(DeploymentId deployment, string worker, int most, CancellationToken ct) =>
        TakeAsync(deployment, worker, most, static entry => !entry.Ready && (entry.Ready = true), store.TakeAsync, ct);

    /// <summary>The answer to a take could not be written: its jobs go to the next worker at once.</summary>
    public async ValueTask ReturnAsync(DeploymentId deployment, string worker, IReadOnlyList<TakenJob> jobs)
    {
        LogReturned(deployment, worker, jobs.Count);
        await store.ReturnAsync(deployment, worker, [.. jobs.Select(job => job.Id)], CancellationToken.None);
        foreach (var job in jobs) Apply(new JobChange(deployment, job.Id, JobStatus.InQueue, Holder: null, ToldByWebhook: false));
    }

    /// <summary>
    /// Ends a job with what its worker says. Nothing happens, and a log line says so, when the job has ended already or is unknown: a worker may
    /// send its result more than once.
    /// </summary>
    /// <param name="deployment">Whose job.</param>
    /// <param name="id">Which job.</param>
    /// <param name="result">What it came to.</param>
    /// <param name="recycle">The worker asks to be replaced before its next job (runpod-python's <c>refresh_worker</c>).</param>
    /// <param name="ct">Cancels only before the result is written.</param>
    public async ValueTask FinishAsync(DeploymentId deployment, JobId id, JobResult result, bool recycle, CancellationToken ct)
    {
        var room = await EnterAsync(deployment, ct);
        var change = await store.FinishAsync(deployment, id, result, ct);
        var entry = See(room, deployment, result.Worker, entry =>
        {
            if (change is not null) entry.Finished++;
            return Busy(entry) | (recycle && !entry.Recycle && (entry.Recycle = true));
        });
        if (recycle) entry.Close();
        if (change is null) LogLateResult(deployment, id, result.Worker);
        else Apply(change, result.Worker);
    }

    /// <summary>Progress of a running job; left out when the job is not running.</summary>
    public async ValueTask ProgressAsync(DeploymentId deployment, JobId id, string worker, byte[] output, CancellationToken ct)
    {
        See(await EnterAsync(deployment, ct), deployment, worker, Busy);
        if (await store.ProgressAsync(deployment, id, output, ct)) _watches.Fire(deployment, id);
    }

    /// <summary>A streamed item of a running job; left out, and false, when the job is not running or too much of it is unread.</summary>
    /// <param name="deployment">Whose job it is.</param>
    /// <param name="id">Of the job.</param>
    /// <param name="worker">Who runs it.</param>
    /// <param name="output">The item.</param>
    /// <param name="ct">Abandons the call.</param>
    /// <param name="number">As <see cref="IJobStore.AppendChunkAsync"/> has it.</param>
    public async ValueTask<bool> AppendChunkAsync(DeploymentId deployment, JobId id, string worker, byte[] output, CancellationToken ct, long number = 0)
    {
        See(await EnterAsync(deployment, ct), deployment, worker, Busy);
        var isKept = await store.AppendChunkAsync(deployment, id, output, ct, number);
        if (isKept) _watches.Fire(deployment, id);
        else LogChunkLeftOut(deployment, id, output.Length);
        return isKept;
    }

    /// <summary>The ids the worker should stop, waiting at most <see cref="JobLimits.PollHold"/> for one.</summary>
    public async ValueTask<IReadOnlyList<JobId>> StopsAsync(DeploymentId deployment, string worker, CancellationToken ct)
    {
        var room = await EnterAsync(deployment, ct);
        var entry = See(room, deployment, worker, note: null);
        var closed = entry.Closed.IsCancellationRequested;
        var waiting = new Waiting(time, closed ? limits.DrainedPollHold : limits.PollHold);
        using var leaves = CancellationTokenSource.CreateLinkedTokenSource(ct, closed ? CancellationToken.None : entry.Closed);
        while (true)
        {
            var next = entry.StopNews.Next;
            if (entry.TakeStops() is { Count: > 0 } stops) return stops;
            if (!await waiting.ForAsync(next, leaves.Token)) return [];
        }
    }

    /// <summary>The worker lives, and says which jobs it runs: their leases are renewed; those that are not its own it is asked to stop.</summary>
    public async ValueTask PingAsync(DeploymentId deployment, string worker, IReadOnlyList<JobId> running, string? unhealthy, CancellationToken ct)
    {
        var room = await EnterAsync(deployment, ct);
        var entry = See(room, deployment, worker, entry =>
        {
            if (running.Count > 0) Busy(entry);
            var news = entry.Unhealthy != unhealthy;
            entry.Unhealthy = unhealthy;
            return news;
        });
        if (unhealthy is not null) LogUnhealthy(deployment, worker, unhealthy);
        if (running.Count == 0) return;
        entry.Stop(await store.ExtendAsync(deployment, worker, running, ct));
    }

    private async ValueTask<IReadOnlyList<TakenJob>> TakeAsync(
        DeploymentId deployment,
        string worker,
        int most,
        Func<WorkerEntry, bool> note,
        Func<DeploymentId, string, int, CancellationToken, ValueTask<IReadOnlyList<TakenJob>>> take,
        CancellationToken ct)
    {
        var room = await EnterAsync(deployment, ct);
        var entry = See(room, deployment, worker, note);
        if (entry.Closed.IsCancellationRequested) return await HoldClosedAsync(ct);
        var waiting = new Waiting(time, limits.PollHold);
        using var leaves = CancellationTokenSource.CreateLinkedTokenSource(ct, entry.Closed);
        while (true)
        {
            using var turn = room.Line.Join(most);
            if (!await waiting.ForAsync(turn.Come, leaves.Token) || leaves.IsCancellationRequested) return [];
            // Not to be cancelled: a take that happened must be known, or its jobs would wait for their leases to end.
            var jobs = await take(deployment, worker, most, CancellationToken.None);
            turn.Settle(jobs.Count);
            if (jobs.Count == 0) continue;
            entry.DoNotStop(jobs.Select(job => job.Id));
            See(room, deployment, worker, Busy);
            return jobs;
        }
    }

    private WorkerEntry See(Room room, DeploymentId deployment, string worker, Func<WorkerEntry, bool>? note)
    {
        if (room.Workers.See(worker, time.GetUtcNow(), note, out var entry)) Changed?.Invoke(deployment);
        return entry;
    }

    private bool Busy(WorkerEntry entry)
    {
        entry.LastBusy = time.GetUtcNow();
        return false;
    }

    /// <summary>A worker that gets no more jobs: held for a moment, so that it does not spin until it ends.</summary>
    private async ValueTask<IReadOnlyList<TakenJob>> HoldClosedAsync(CancellationToken ct)
    {
        await Task.Delay(limits.DrainedPollHold, time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return [];
    }
}
