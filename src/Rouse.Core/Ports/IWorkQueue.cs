using Rouse.Core.Deployments;

namespace Rouse.Core.Ports;

/// <summary>What a provider that scales its own workers asks of the job plane.</summary>
public interface IWorkQueue
{
    /// <summary>Raised, with the deployment, when a job was queued or finished or a worker came or went. Handlers must return at once.</summary>
    event Action<DeploymentId> Changed;

    ValueTask<QueueState> StateAsync(DeploymentId id, CancellationToken ct);

    /// <summary>No further job for this worker; its open polls return at once, so that it can end without waiting for them.</summary>
    void StopOffering(DeploymentId id, string worker);

    /// <summary>The worker is gone: the jobs it held go back to the queue.</summary>
    ValueTask ReleaseAsync(DeploymentId id, string worker, CancellationToken ct);
}

/// <param name="Queued">Jobs that wait for a worker.</param>
/// <param name="HeadWait">How long the oldest of them has waited; zero when none waits.</param>
/// <param name="Running">Jobs that a worker holds, by worker.</param>
/// <param name="Workers">Workers that have been heard of, by name.</param>
public sealed record QueueState(int Queued, TimeSpan HeadWait, IReadOnlyDictionary<string, int> Running, IReadOnlyDictionary<string, WorkerSighting> Workers)
{
    public static QueueState Empty { get; } =
        new(0, TimeSpan.Zero, new Dictionary<string, int>(StringComparer.Ordinal), new Dictionary<string, WorkerSighting>(StringComparer.Ordinal));
}

/// <summary>What the job plane last saw of a worker.</summary>
/// <param name="LastSeen">Its last take, ping or result.</param>
/// <param name="LastBusy">When it last held a job, or when it was first seen.</param>
/// <param name="Ready">It has asked for a job at least once: its model is loaded.</param>
/// <param name="Finished">Jobs it has ended since it was first seen.</param>
/// <param name="Unhealthy">What it said is wrong with it, or null.</param>
public sealed record WorkerSighting(DateTimeOffset LastSeen, DateTimeOffset LastBusy, bool Ready, long Finished, string? Unhealthy)
{
    /// <summary>It asked to be replaced (runpod-python's <c>refresh_worker</c>). It gets no more jobs but goes on running: its pool must end it.</summary>
    public bool Recycle { get; init; }
}
