using Rouse.Core.Deployments;
using Rouse.Core.Models;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;

namespace Rouse.Server.Background;

/// <summary>One tenant's account at one provider.</summary>
/// <param name="Account">As <see cref="DeploymentSpec.Account"/>.</param>
internal sealed record ProviderAccount(TenantId Tenant, string Provider, string? Account = null);

/// <summary>What reconciling needs from outside; the composition root fills it in.</summary>
internal sealed record ReconcilePorts
{
    public required IReconcileStore Store { get; init; }

    /// <summary>By <see cref="ProviderTraits.Kind"/>. Must hold every kind that a deployment of the store names.</summary>
    public required IReadOnlyDictionary<string, IProvider> Providers { get; init; }

    /// <summary>The key of an account. It outlives the last backend there.</summary>
    public required Func<ProviderAccount, CancellationToken, ValueTask<ProviderAccess>> Access { get; init; }

    /// <summary>Looks at the model of a deployment that will cost money.</summary>
    public required Func<DeploymentState, CancellationToken, ValueTask<ModelInspection>> Inspect { get; init; }

    /// <summary>Whether what runs it is still to be chosen, by looking at its model.</summary>
    public Func<DeploymentState, bool> Chooses { get; init; } = static _ => false;

    /// <summary>What runs its workers, where nothing was chosen too; null for a service.</summary>
    public Func<DeploymentState, WorkerEngine?> EngineOf { get; init; } = static row => row.Engine;

    /// <summary>What the worker of the given attempt is started with.</summary>
    public required Func<DeploymentState, int, CancellationToken, ValueTask<IReadOnlyDictionary<string, EnvironmentValue>>> Environment { get; init; }

    /// <summary>Told what each listing shows of a deployment, for its cost. Must not throw, and must not wait for anything but the store.</summary>
    public Func<DeploymentState, IReadOnlyList<ObservedBackend>, CancellationToken, ValueTask> Meter { get; init; } = (_, _, _) => ValueTask.CompletedTask;

    /// <summary>Whether the backend in the row of a service answers, as far as this process has seen since its last start or wake.</summary>
    public Func<DeploymentState, bool> Answers { get; init; } = static _ => false;

    /// <summary>
    /// Whether our own queue holds jobs of the deployment, waiting or in work; of a service, whether any replica has requests that wait or are under way.
    /// </summary>
    public Func<DeploymentId, CancellationToken, ValueTask<bool>> HasWork { get; init; } = static (_, _) => ValueTask.FromResult(false);

    /// <summary>The first word of every name (<see cref="OwnerPrefix.Installation"/>).</summary>
    public required string Installation { get; init; }

    /// <summary>
    /// This replica's name as holder of leases, different from every other's. One that survives a restart lets the replica go on at once with what
    /// it held; any other makes it wait for <see cref="ReconcileLimits.Lease"/>.
    /// </summary>
    public required string Owner { get; init; }
}
