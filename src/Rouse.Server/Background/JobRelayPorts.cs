using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.Gateway.Jobs;
using Rouse.Store.Jobs;
using Rouse.Store.Ownership;

namespace Rouse.Server.Background;

/// <summary>A live deployment whose workers take from its provider's own queue.</summary>
/// <param name="Attempt">The deployment's current one.</param>
/// <param name="Backend">Where that attempt's queue is.</param>
internal sealed record RelayedBackend(TenantId Tenant, DeploymentId Deployment, int Attempt, BackendId Backend, ProviderAccess Access)
{
    /// <summary>The name under which its jobs are held in our queue. The same after a restart, and another for every other backend.</summary>
    public string Relay => $"relay-{Attempt}-{Backend}";

    /// <summary>Calls of one account count together, whoever of its tenants they are for.</summary>
    public string Account => Access.Account ?? Tenant.Value;

    public bool IsSameAs(RelayedBackend other) => (Tenant, Deployment, Attempt, Backend) == (other.Tenant, other.Deployment, other.Attempt, other.Backend);
}

/// <summary>What relaying needs from outside; the composition root fills it in.</summary>
internal sealed record JobRelayPorts
{
    public required IJobRelay Relay { get; init; }

    /// <summary>Every deployment that has not ended and has a backend whose provider has its own queue. One that is missing loses its backend's jobs to the queue.</summary>
    public required Func<CancellationToken, ValueTask<IReadOnlyList<RelayedBackend>>> Backends { get; init; }

    public required JobPlane Plane { get; init; }

    public required RelayStore Store { get; init; }

    public required LeaseStore Leases { get; init; }

    /// <summary>This replica's name as holder of leases.</summary>
    public required string Owner { get; init; }

    /// <summary>Decrypts a job's <c>s3Config</c> for the worker.</summary>
    public required Func<byte[], byte[]> OpenS3 { get; init; }

    /// <summary>Asks for a pass over the deployment (<see cref="ReconcileLoop.Hint"/>). Returns at once.</summary>
    public required Action<TenantId, DeploymentId> Hint { get; init; }

    /// <summary>A number in [0, 1), for the jitter.</summary>
    public required Func<double> Chance { get; init; }

    public required TimeProvider Time { get; init; }

    public JobRelayLimits Limits { get; init; } = new();
}
