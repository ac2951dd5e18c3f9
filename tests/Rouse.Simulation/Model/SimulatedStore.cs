using Rouse.Core.Deployments;
using Rouse.Core.Models;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;

namespace Rouse.Simulation.Model;

/// <summary>The store as one replica sees it: each call is an operation that the schedule may disturb.</summary>
internal sealed class SimulatedStore(World world, Replica replica, Flaw flaw) : IReconcileStore
{
    private static readonly Offer s_offer = new("sim", "small", 24, 1m);

    public ValueTask<DeploymentState?> LoadAsync(TenantId tenant, DeploymentId id, CancellationToken ct) =>
        world.Operate(replica, Operation.StoreRead, "load", () => id == Row.Id ? world.Row.State : null);

    public ValueTask<bool> TryLeaseAsync(TenantId tenant, DeploymentId id, string owner, TimeSpan length, CancellationToken ct) =>
        Write("lease", () => world.Row.TryLease(owner, length));

    public async ValueTask ReleaseLeaseAsync(TenantId tenant, DeploymentId id, string owner, CancellationToken ct) =>
        await Write("release", () => world.Row.Release(owner));

    public ValueTask<bool> BeginAttemptAsync(TenantId tenant, DeploymentId id, int expected, Offer offer, IReadOnlyList<string> tried, CancellationToken ct) =>
        Write("begin attempt", () => flaw switch
        {
            Flaw.WritesIntentLate => true,
            Flaw.RaisesAttemptBlindly => world.Row.BeginAttempt(world.Row.State.Attempt, offer, tried),
            _ => world.Row.BeginAttempt(expected, offer, tried),
        });

    public ValueTask<bool> RecordBackendAsync(TenantId tenant, DeploymentId id, int attempt, BackendId backend, CancellationToken ct) =>
        Write("record backend", () =>
            (flaw != Flaw.WritesIntentLate || world.Row.BeginAttempt(attempt - 1, s_offer, [])) && world.Row.RecordBackend(attempt, backend));

    public ValueTask<bool> RecordRefusalAsync(TenantId tenant, DeploymentId id, int attempt, FailureCause cause, CancellationToken ct) =>
        Write("record refusal", () => world.Row.RecordRefusal(attempt, cause));

    public ValueTask<bool> GiveUpAttemptAsync(TenantId tenant, DeploymentId id, int attempt, BackendId backend, FailureCause cause, CancellationToken ct) =>
        Write("give up", () => world.Row.GiveUp(attempt, backend, cause));

    public ValueTask<bool> RecordModelAsync(TenantId tenant, DeploymentId id, int vramGb, WorkerEngine? engine, CancellationToken ct) =>
        Write("record model", () => world.Row.RecordModel(vramGb, engine));

    public ValueTask<bool> NoteAsync(TenantId tenant, DeploymentId id, FailureCause? cause, CancellationToken ct) =>
        Write("note", () => world.Row.Note(cause));

    public ValueTask<bool> RecordScalingAsync(TenantId tenant, DeploymentId id, int attempt, string level, string what, WorkerScaling? adopted, CancellationToken ct) =>
        Write("record drift", () => world.Row.State.Attempt == attempt);

    public ValueTask<IReadOnlyList<BackendId>> UsedByOthersAsync(TenantId tenant, DeploymentId id, IReadOnlyList<BackendId> backends, CancellationToken ct) =>
        world.Operate<IReadOnlyList<BackendId>>(replica, Operation.StoreRead, "used by others", () => []);

    public ValueTask<bool> ForgetBackendAsync(
        TenantId tenant, DeploymentId id, int attempt, BackendId? backend, DateTimeOffset deadline, CancellationToken ct) =>
        Write("forget", () => world.Row.Forget(attempt, backend, deadline));

    public ValueTask<bool> AdvanceAsync(TenantId tenant, DeploymentId id, int attempt, Phase to, FailureCause? cause, CancellationToken ct) =>
        Write("advance", () => world.Row.Advance(attempt, to, cause));

    public ValueTask<bool> BeginStopAsync(TenantId tenant, DeploymentId id, int attempt, BackendId backend, CancellationToken ct) =>
        Write("begin stop", () => world.Row.BeginStop(attempt, backend));

    public ValueTask<bool> BeginWakeAsync(TenantId tenant, DeploymentId id, int attempt, BackendId backend, CancellationToken ct) =>
        Write("begin wake", () => world.Row.BeginWake(attempt, backend));

    public ValueTask<bool> RelocateAsync(
        TenantId tenant, DeploymentId id, int attempt, BackendId backend, FailureCause cause, DateTimeOffset deadline, CancellationToken ct) =>
        Write("relocate", () => world.Row.Relocate(attempt, backend, cause, deadline));

    public ValueTask<bool> MarkReleasedAsync(TenantId tenant, DeploymentId id, CancellationToken ct) =>
        Write("mark released", world.Row.MarkReleased);

    private ValueTask<bool> Write(string name, Func<bool> effect) => world.Operate(replica, Operation.StoreWrite, name, effect);
}
