using Rouse.Core.Deployments;
using Rouse.Core.Jobs;
using Rouse.Core.Tenancy;

namespace Rouse.Core.Ports;

/// <summary>
/// The jobs of all deployments, durable when a call returns. Each method is one transaction and keeps <see cref="JobStatus"/>'s rules by
/// compare-and-set, so replicas may race.
/// </summary>
/// <remarks>
/// Keyed by deployment, not by tenant: a deployment has one owner for ever, the edge proves that the caller is the owner (or that the worker
/// serves that deployment) before it calls, and a job is found only under its own deployment.
/// </remarks>
public interface IJobStore
{
    /// <summary>Queues a job and, in the same transaction, records what its key means from now on.</summary>
    ValueTask<Submission> SubmitAsync(NewJob job, CancellationToken ct);

    /// <summary>What a key means already, without claiming it; null when it is not known.</summary>
    ValueTask<Submission?> FindAsync(TenantId tenant, JobKey key, CancellationToken ct);

    /// <summary>Gives up to <paramref name="most"/> waiting jobs to a worker, oldest first, low priority last, leased.</summary>
    ValueTask<IReadOnlyList<TakenJob>> TakeAsync(DeploymentId deployment, string worker, int most, CancellationToken ct);

    /// <summary>
    /// As <see cref="TakeAsync"/>, for a relay that hands the jobs on to a provider's own queue. Their callers see them wait until
    /// <see cref="BeginAsync"/>, and their execution timeout is the provider's to keep: how long a job waits there is not known here.
    /// </summary>
    ValueTask<IReadOnlyList<TakenJob>> TakeToRelayAsync(DeploymentId deployment, string relay, int most, CancellationToken ct);

    /// <summary>A job that was taken to be handed on is with a worker of the provider's now.</summary>
    ValueTask BeginAsync(DeploymentId deployment, string relay, JobId id, CancellationToken ct);

    /// <summary>The take's answer could not be delivered: the jobs wait again as if they had not been taken.</summary>
    ValueTask ReturnAsync(DeploymentId deployment, string worker, IReadOnlyList<JobId> jobs, CancellationToken ct);

    /// <summary>
    /// Renews the worker's leases of the jobs it says it runs. Answers those that it should stop: they are cancelled, timed out, gone, or with
    /// another worker. A job that it has just ended itself is not among them: pings lag behind results.
    /// </summary>
    ValueTask<IReadOnlyList<JobId>> ExtendAsync(DeploymentId deployment, string worker, IReadOnlyList<JobId> jobs, CancellationToken ct);

    /// <summary>
    /// Ends a job, and queues its webhook with it. Null, and nothing changed, when the job has ended already or is unknown. A late result of
    /// a worker that lost the job counts as long as the job has not ended.
    /// </summary>
    ValueTask<JobChange?> FinishAsync(DeploymentId deployment, JobId id, JobResult result, CancellationToken ct);

    /// <summary>Keeps a running job's progress. False when it is not running: progress may come after the end.</summary>
    ValueTask<bool> ProgressAsync(DeploymentId deployment, JobId id, byte[] output, CancellationToken ct);

    /// <summary>Keeps one streamed item of a running job; false when it is not running, too much of it is unread or an item before it is missing.</summary>
    /// <param name="deployment">Whose job it is.</param>
    /// <param name="id">Of the job.</param>
    /// <param name="output">The item.</param>
    /// <param name="ct">Abandons the call.</param>
    /// <param name="number">Which item of this run it is, 1 for the first: one that is kept already is kept once. 0: nobody counts.</param>
    ValueTask<bool> AppendChunkAsync(DeploymentId deployment, JobId id, byte[] output, CancellationToken ct, long number = 0);

    /// <summary>Takes the unread items out, in order.</summary>
    ValueTask<IReadOnlyList<byte[]>> DrainChunksAsync(DeploymentId deployment, JobId id, CancellationToken ct);

    ValueTask<JobRecord?> GetAsync(DeploymentId deployment, JobId id, CancellationToken ct);

    /// <summary>Null when the job has ended already or is unknown.</summary>
    ValueTask<JobChange?> CancelAsync(DeploymentId deployment, JobId id, CancellationToken ct);

    /// <summary>Queues a FAILED or TIMED_OUT job again, with its id and input. Null when it is in no such status or unknown.</summary>
    ValueTask<JobChange?> RetryAsync(DeploymentId deployment, JobId id, CancellationToken ct);

    /// <summary>Removes the waiting jobs, those that wait at a provider too; answers which.</summary>
    ValueTask<IReadOnlyList<JobChange>> PurgeAsync(DeploymentId deployment, CancellationToken ct);

    /// <summary>The deployment has ended: every job that has not ends FAILED with this error.</summary>
    ValueTask<IReadOnlyList<JobChange>> AbandonAsync(DeploymentId deployment, string error, CancellationToken ct);

    /// <summary>The worker is gone: its jobs wait again, or end FAILED when they were given out <see cref="JobLimits.MaxTries"/> times.</summary>
    ValueTask<IReadOnlyList<JobChange>> ReleaseAsync(DeploymentId deployment, string worker, CancellationToken ct);

    /// <summary>As <see cref="ReleaseAsync"/>, for one job of the worker's that was lost on its way.</summary>
    ValueTask<IReadOnlyList<JobChange>> LoseAsync(DeploymentId deployment, string worker, JobId id, CancellationToken ct);

    /// <summary>
    /// Looks at up to <see cref="JobLimits.SweepBatch"/> jobs whose time has come: lost leases, execution timeouts, times to live, results past
    /// their keeping. Call again while it answers a full batch.
    /// </summary>
    ValueTask<IReadOnlyList<JobChange>> SweepAsync(CancellationToken ct);

    ValueTask<JobLoad> LoadAsync(DeploymentId deployment, CancellationToken ct);

    ValueTask<JobTotals> CountAsync(DeploymentId deployment, CancellationToken ct);
}
