using Rouse.Core.Deployments;
using Rouse.Core.Models;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;

namespace Rouse.Chaos.Server;

/// <summary>The real store, with a crash point around each of its calls.</summary>
internal sealed class CrashingStore(IReconcileStore store, CrashPoint crash) : IReconcileStore
{
    public ValueTask<DeploymentState?> LoadAsync(TenantId tenant, DeploymentId id, CancellationToken ct) =>
        crash.AroundAsync("store.load", () => store.LoadAsync(tenant, id, ct));

    public ValueTask<bool> TryLeaseAsync(TenantId tenant, DeploymentId id, string owner, TimeSpan length, CancellationToken ct) =>
        crash.AroundAsync("store.lease", () => store.TryLeaseAsync(tenant, id, owner, length, ct));

    public ValueTask ReleaseLeaseAsync(TenantId tenant, DeploymentId id, string owner, CancellationToken ct) =>
        crash.AroundAsync("store.release", () => store.ReleaseLeaseAsync(tenant, id, owner, ct));

    public ValueTask<bool> BeginAttemptAsync(TenantId tenant, DeploymentId id, int expected, Offer offer, IReadOnlyList<string> tried, CancellationToken ct) =>
        crash.AroundAsync("store.begin-attempt", () => store.BeginAttemptAsync(tenant, id, expected, offer, tried, ct));

    public ValueTask<bool> RecordBackendAsync(TenantId tenant, DeploymentId id, int attempt, BackendId backend, CancellationToken ct) =>
        crash.AroundAsync("store.record-backend", () => store.RecordBackendAsync(tenant, id, attempt, backend, ct));

    public ValueTask<bool> RecordRefusalAsync(TenantId tenant, DeploymentId id, int attempt, FailureCause cause, CancellationToken ct) =>
        crash.AroundAsync("store.record-refusal", () => store.RecordRefusalAsync(tenant, id, attempt, cause, ct));

    public ValueTask<bool> GiveUpAttemptAsync(TenantId tenant, DeploymentId id, int attempt, BackendId backend, FailureCause cause, CancellationToken ct) =>
        crash.AroundAsync("store.give-up", () => store.GiveUpAttemptAsync(tenant, id, attempt, backend, cause, ct));

    public ValueTask<bool> ForgetBackendAsync(
        TenantId tenant, DeploymentId id, int attempt, BackendId? backend, DateTimeOffset deadline, CancellationToken ct) =>
        crash.AroundAsync("store.forget", () => store.ForgetBackendAsync(tenant, id, attempt, backend, deadline, ct));

    public ValueTask<bool> AdvanceAsync(TenantId tenant, DeploymentId id, int attempt, Phase to, FailureCause? cause, CancellationToken ct) =>
        crash.AroundAsync("store.advance-" + to.Word(), () => store.AdvanceAsync(tenant, id, attempt, to, cause, ct));

    public ValueTask<bool> BeginStopAsync(TenantId tenant, DeploymentId id, int attempt, BackendId backend, CancellationToken ct) =>
        crash.AroundAsync("store.begin-stop", () => store.BeginStopAsync(tenant, id, attempt, backend, ct));

    public ValueTask<bool> BeginWakeAsync(TenantId tenant, DeploymentId id, int attempt, BackendId backend, CancellationToken ct) =>
        crash.AroundAsync("store.begin-wake", () => store.BeginWakeAsync(tenant, id, attempt, backend, ct));

    public ValueTask<bool> RelocateAsync(
        TenantId tenant, DeploymentId id, int attempt, BackendId backend, FailureCause cause, DateTimeOffset deadline, CancellationToken ct) =>
        crash.AroundAsync("store.relocate", () => store.RelocateAsync(tenant, id, attempt, backend, cause, deadline, ct));

    public ValueTask<bool> RecordModelAsync(TenantId tenant, DeploymentId id, int vramGb, WorkerEngine? engine, CancellationToken ct) =>
        crash.AroundAsync("store.record-model", () => store.RecordModelAsync(tenant, id, vramGb, engine, ct));

    public ValueTask<bool> NoteAsync(TenantId tenant, DeploymentId id, FailureCause? cause, CancellationToken ct) =>
        crash.AroundAsync("store.note", () => store.NoteAsync(tenant, id, cause, ct));

    public ValueTask<bool> RecordScalingAsync(TenantId tenant, DeploymentId id, int attempt, string level, string what, WorkerScaling? adopted, CancellationToken ct) =>
        crash.AroundAsync("store.record-scaling", () => store.RecordScalingAsync(tenant, id, attempt, level, what, adopted, ct));

    public ValueTask<IReadOnlyList<BackendId>> UsedByOthersAsync(TenantId tenant, DeploymentId id, IReadOnlyList<BackendId> backends, CancellationToken ct) =>
        crash.AroundAsync("store.used-by-others", () => store.UsedByOthersAsync(tenant, id, backends, ct));

    public ValueTask<bool> MarkReleasedAsync(TenantId tenant, DeploymentId id, CancellationToken ct) =>
        crash.AroundAsync("store.mark-released", () => store.MarkReleasedAsync(tenant, id, ct));
}
