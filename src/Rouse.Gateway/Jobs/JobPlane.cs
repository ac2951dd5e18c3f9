using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Rouse.Core.Deployments;
using Rouse.Core.Jobs;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;

namespace Rouse.Gateway.Jobs;

/// <summary>Fills a span with bytes from a cryptographic source.</summary>
public delegate void FillRandom(Span<byte> bytes);

/// <summary>
/// The jobs of all deployments between their callers and their workers. Everything that must survive lies in the store; here are the signals that
/// make waiting cheap, so that a waiting worker or caller is woken, not polled.
/// <code>
///   caller ── submit ──► store ──► line ── wakes ──► worker's take ──► store ── leased job ──► worker
///      ▲                                                                                        │
///      └── watch ◄── change ◄── store ◄── finish ──────────────────────────────────────── job-done
/// </code>
/// Callers are here; workers, the pools that run them, and the clock are in the other parts.
/// </summary>
public sealed partial class JobPlane(IJobStore store, JobLimits limits, TimeProvider time, FillRandom random, ILogger<JobPlane> logger) : IWorkQueue
{
    private readonly ConcurrentDictionary<DeploymentId, Room> _rooms = new();
    private readonly JobWatches _watches = new();
    private readonly DateTimeOffset _started = time.GetUtcNow();

    public event Action<DeploymentId>? Changed;

    /// <summary>Raised when a job's end has queued a webhook. Handlers must return at once.</summary>
    public event Action? DeliveryQueued;

    /// <summary>Raised when a job is gone from the store. Handlers must return at once.</summary>
    public event Action<DeploymentId, JobId>? Removed;

    /// <summary>A job has ended so that nobody can have it retried. Never waits.</summary>
    public event Action<DeploymentId, JobId>? Settled;

    public JobLimits Limits => limits;

    public JobId NewId(bool sync)
    {
        Span<byte> bytes = stackalloc byte[JobId.RandomBytes];
        random(bytes);
        return JobId.New(time.GetUtcNow(), bytes, sync);
    }

    /// <summary>Queues a job; it is durable when this returns. Null: <see cref="JobLimits.MaxQueued"/>, or <see cref="NewJob.MaxWaiting"/>, wait already.</summary>
    public async ValueTask<Submission?> SubmitAsync(NewJob job, CancellationToken ct)
    {
        var room = await EnterAsync(job.Deployment, ct);
        if (room.Line.Known >= limits.MaxQueued) return null;
        var outcome = await store.SubmitAsync(job, ct);
        if (outcome is Submission.Full) return null;
        if (outcome is Submission.Queued) Apply(new JobChange(job.Deployment, job.Id, JobStatus.InQueue, Holder: null, ToldByWebhook: false));
        return outcome;
    }

    /// <summary>What a key means already; null when it is not known.</summary>
    public ValueTask<Submission?> FindAsync(TenantId tenant, JobKey key, CancellationToken ct) => store.FindAsync(tenant, key, ct);

    public ValueTask<JobRecord?> GetAsync(DeploymentId deployment, JobId id, CancellationToken ct) => store.GetAsync(deployment, id, ct);

    /// <summary>The job when it has ended or the wait is over; null when it is unknown or has vanished.</summary>
    /// <param name="hurry">Ends the wait early: the job is answered as it is then.</param>
    public async ValueTask<JobRecord?> WaitForEndAsync(DeploymentId deployment, JobId id, TimeSpan wait, CancellationToken ct, CancellationToken hurry = default)
    {
        var waiting = new Waiting(time, wait);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, hurry);
        using var watch = _watches.Open(deployment, id);
        while (true)
        {
            var next = watch.Next;
            var job = await store.GetAsync(deployment, id, ct);
            if (job is null || job.Status.HasEnded() || waiting.Left == TimeSpan.Zero || hurry.IsCancellationRequested) return job;
            await waiting.ForAsync(next, either.Token, limits.SafetyPoll);
            ct.ThrowIfCancellationRequested();
        }
    }

    /// <summary>The unread streamed items, waiting <see cref="JobLimits.StreamHold"/> for some; null when the job is unknown.</summary>
    /// <param name="hurry">Ends the wait early, with what there is.</param>
    public async ValueTask<(JobStatus Status, IReadOnlyList<byte[]> Chunks)?> ReadStreamAsync(DeploymentId deployment, JobId id, CancellationToken ct, CancellationToken hurry = default)
    {
        var waiting = new Waiting(time, limits.StreamHold);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, hurry);
        using var watch = _watches.Open(deployment, id);
        while (true)
        {
            var next = watch.Next;
            // The status first: items that come before the end are then never missed by a reader that stops at the end.
            var job = await store.GetAsync(deployment, id, ct);
            if (job is null) return null;
            var chunks = await store.DrainChunksAsync(deployment, id, ct);
            if (chunks.Count > 0 || job.Status.HasEnded() || waiting.Left == TimeSpan.Zero || hurry.IsCancellationRequested) return (job.Status, chunks);
            await waiting.ForAsync(next, either.Token, limits.SafetyPoll);
            ct.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Cancels a job that has not ended, and has its worker told. Answers the job as it is then; null when it is unknown.</summary>
    public async ValueTask<JobRecord?> CancelAsync(DeploymentId deployment, JobId id, CancellationToken ct)
    {
        if (await store.CancelAsync(deployment, id, ct) is { } change) Apply(change);
        return await store.GetAsync(deployment, id, ct);
    }

    /// <summary>Queues a FAILED or TIMED_OUT job again. False when it is in no such status or unknown.</summary>
    public async ValueTask<bool> RetryAsync(DeploymentId deployment, JobId id, CancellationToken ct)
    {
        if (await store.RetryAsync(deployment, id, ct) is not { } change) return false;
        Apply(change);
        return true;
    }

    /// <summary>Removes the waiting jobs; answers how many.</summary>
    public async ValueTask<int> PurgeAsync(DeploymentId deployment, CancellationToken ct)
    {
        var changes = await store.PurgeAsync(deployment, ct);
        Apply(changes);
        if (_rooms.TryGetValue(deployment, out var room)) await RecountAsync(room, deployment, ct);
        return changes.Count;
    }

    /// <summary>The deployment has ended: its open jobs end FAILED with this error.</summary>
    public async ValueTask AbandonAsync(DeploymentId deployment, string error, CancellationToken ct) => Apply(await store.AbandonAsync(deployment, error, ct));

    public ValueTask<JobTotals> CountAsync(DeploymentId deployment, CancellationToken ct) => store.CountAsync(deployment, ct);

    private void Apply(IReadOnlyList<JobChange> changes)
    {
        foreach (var change in changes) Apply(change);
    }

    /// <summary>Wakes whom a change concerns. <paramref name="by"/> is the worker that brought it, which need not be told.</summary>
    private void Apply(JobChange change, string? by = null)
    {
        if (_rooms.TryGetValue(change.Deployment, out var room))
        {
            if (change.Status == JobStatus.InQueue) room.Line.Tell(1);
            else if (change.Holder is { } holder && holder != by) room.Workers.Find(holder)?.Stop([change.Id]);
        }

        _watches.Fire(change.Deployment, change.Id);
        if (change.Status is null) Removed?.Invoke(change.Deployment, change.Id);
        if (change.Status is JobStatus.Completed or JobStatus.Cancelled) Settled?.Invoke(change.Deployment, change.Id);
        if (change.ToldByWebhook) DeliveryQueued?.Invoke();
        Changed?.Invoke(change.Deployment);
    }

    private async ValueTask<Room> EnterAsync(DeploymentId deployment, CancellationToken ct)
    {
        var room = _rooms.GetOrAdd(deployment, static (_, limits) => new Room(limits), limits);
        room.LastUse = time.GetUtcNow();
        if (!room.Counted) await RecountAsync(room, deployment, ct);
        return room;
    }

    private async ValueTask RecountAsync(Room room, DeploymentId deployment, CancellationToken ct)
    {
        var mark = room.Line.Told;
        var load = await store.LoadAsync(deployment, ct);
        room.Line.Recount(load.Queued, mark);
        room.Counted = true;
    }

    /// <summary>What this process knows of one deployment.</summary>
    private sealed class Room(JobLimits limits)
    {
        public JobLine Line { get; } = new();

        public WorkerBook Workers { get; } = new(limits);

        /// <summary>Jobs that were queued before this process began are known.</summary>
        public bool Counted { get; set; }

        public DateTimeOffset LastUse { get; set; }
    }
}
