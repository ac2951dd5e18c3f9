using Rouse.Core.Deployments;
using Rouse.Core.Models;
using Rouse.Core.Tenancy;

namespace Rouse.Core.Ports;

/// <summary>
/// What a reconcile pass writes. Each method is one transaction that also writes the event it causes; each is a compare-and-set on the attempt
/// number and answers false when the row has moved on, which ends the pass.
/// </summary>
public interface IReconcileStore
{
    ValueTask<DeploymentState?> LoadAsync(TenantId tenant, DeploymentId id, CancellationToken ct);

    /// <summary>Takes or renews the lease of the row. False: another replica holds it.</summary>
    ValueTask<bool> TryLeaseAsync(TenantId tenant, DeploymentId id, string owner, TimeSpan length, CancellationToken ct);

    ValueTask ReleaseLeaseAsync(TenantId tenant, DeploymentId id, string owner, CancellationToken ct);

    /// <summary>
    /// Raises the attempt from <paramref name="expected"/> by one: outcome pending, no refusal, begun now, phase creating_endpoint. Fails on an ended
    /// deployment, and while a backend's id is in the row.
    /// </summary>
    /// <param name="tried">Keys of the offers asked in this round.</param>
    ValueTask<bool> BeginAttemptAsync(TenantId tenant, DeploymentId id, int expected, Offer offer, IReadOnlyList<string> tried, CancellationToken ct);

    /// <summary>
    /// Writes the backend's id, outcome created. True again for the id that is there; fails if the attempt moved on, another id is there, or the
    /// deployment ended.
    /// </summary>
    ValueTask<bool> RecordBackendAsync(TenantId tenant, DeploymentId id, int attempt, BackendId backend, CancellationToken ct);

    /// <summary>Outcome refused, with the cause. Fails unless the attempt is the row's and pending, and the deployment has not ended.</summary>
    ValueTask<bool> RecordRefusalAsync(TenantId tenant, DeploymentId id, int attempt, FailureCause cause, CancellationToken ct);

    /// <summary>
    /// Outcome refused, with the cause, no backend, phase selecting_gpu. Fails unless attempt and backend are the row's and it is still starting: what
    /// became ready meanwhile is kept.
    /// </summary>
    ValueTask<bool> GiveUpAttemptAsync(TenantId tenant, DeploymentId id, int attempt, BackendId backend, FailureCause cause, CancellationToken ct);

    /// <summary>
    /// Clears the id of a backend that is gone: outcome lost, phase selecting_gpu, the deadline as given, not ready any more. Fails if the row's
    /// attempt or backend (null: none known) is another, or the deployment ended.
    /// </summary>
    ValueTask<bool> ForgetBackendAsync(
        TenantId tenant, DeploymentId id, int attempt, BackendId? backend, DateTimeOffset deadline, CancellationToken ct);

    /// <summary>Notes that its stop begins, and no wake goes on. Fails unless attempt and backend are the row's and it is hibernated.</summary>
    ValueTask<bool> BeginStopAsync(TenantId tenant, DeploymentId id, int attempt, BackendId backend, CancellationToken ct);

    /// <summary>Notes that its wake begins, one more, and no stop goes on. Fails unless attempt and backend are the row's and it is hibernated.</summary>
    ValueTask<bool> BeginWakeAsync(TenantId tenant, DeploymentId id, int attempt, BackendId backend, CancellationToken ct);

    /// <summary>
    /// The backend's machine has no room for it: outcome refused, with the cause, no backend, phase selecting_gpu, the deadline as given, not ready any
    /// more, and what it ran on is what it is to stay with. The wake goes on. Fails if the row's attempt or backend is another, or the deployment ended.
    /// </summary>
    ValueTask<bool> RelocateAsync(
        TenantId tenant, DeploymentId id, int attempt, BackendId backend, FailureCause cause, DateTimeOffset deadline, CancellationToken ct);

    /// <summary>Moves the phase if <see cref="Phases.MayAdvance"/> allows it.</summary>
    ValueTask<bool> AdvanceAsync(TenantId tenant, DeploymentId id, int attempt, Phase to, FailureCause? cause, CancellationToken ct);

    /// <summary>What the model needs, and what serves it where that was still open. Fails on an ended deployment.</summary>
    ValueTask<bool> RecordModelAsync(TenantId tenant, DeploymentId id, int vramGb, WorkerEngine? engine, CancellationToken ct);

    /// <summary>What it waits for; null for nothing. Fails on a deployment that is over.</summary>
    ValueTask<bool> NoteAsync(TenantId tenant, DeploymentId id, FailureCause? cause, CancellationToken ct);

    /// <summary>Tells, in the deployment's log, that the bounds of its workers changed; with <paramref name="adopted"/> they are the order now.</summary>
    ValueTask<bool> RecordScalingAsync(TenantId tenant, DeploymentId id, int attempt, string level, string what, WorkerScaling? adopted, CancellationToken ct);

    /// <summary>Those of the backends that another deployment of the tenant, not ended, uses. Only they keep a backend of an ended one alive.</summary>
    ValueTask<IReadOnlyList<BackendId>> UsedByOthersAsync(TenantId tenant, DeploymentId id, IReadOnlyList<BackendId> backends, CancellationToken ct);

    /// <summary>Notes that listing showed nothing left of an ended deployment.</summary>
    ValueTask<bool> MarkReleasedAsync(TenantId tenant, DeploymentId id, CancellationToken ct);
}
