using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;

namespace Rouse.Store.Deployments;

/// <summary>What is put away and brought back. Each is intent, written before the provider is asked.</summary>
public sealed partial class DeploymentStore
{
    public ValueTask<bool> BeginStopAsync(TenantId tenant, DeploymentId id, int attempt, BackendId backend, CancellationToken ct) => TryChangeAsync(
        tenant, id,
        row => row.Attempt == attempt && row.Backend == backend && row.Phase == Phase.Hibernated ? row with { StopAt = time.StoredNow(), WakeAt = null } : null,
        ct);

    public ValueTask<bool> BeginWakeAsync(TenantId tenant, DeploymentId id, int attempt, BackendId backend, CancellationToken ct) => TryChangeAsync(
        tenant, id,
        row => row.Attempt == attempt && row.Backend == backend && row.Phase == Phase.Hibernated
            ? row with { StopAt = null, WakeAt = time.StoredNow(), Wakes = row.Wakes + 1 }
            : null,
        ct);

    public ValueTask<bool> RelocateAsync(
        TenantId tenant, DeploymentId id, int attempt, BackendId backend, FailureCause cause, DateTimeOffset deadline, CancellationToken ct) => TryChangeAsync(
        tenant, id,
        row => row.Attempt == attempt && row.Backend == backend && !row.Phase.IsEnded()
            ? row with
            {
                Backend = null,
                Outcome = AttemptOutcome.Refused,
                Refusal = cause,
                Phase = Phase.SelectingGpu,
                Deadline = deadline,
                ReadyAt = null,
                Tried = [],
                StopAt = null,
                WakeAt = row.WakeAt ?? time.StoredNow(),
                StayWith = row.Offer?.Hardware ?? row.StayWith,
            }
            : null,
        ct);
}
