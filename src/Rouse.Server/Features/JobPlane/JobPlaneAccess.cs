using Microsoft.AspNetCore.Http;
using Rouse.Contracts.Jobs;
using Rouse.Core.Deployments;
using Rouse.Core.Jobs;
using Rouse.Core.Tenancy;

namespace Rouse.Server.Features.JobPlane;

/// <summary>What the job plane needs to know from the rest of the server, so that it depends on no other slice.</summary>
internal sealed record JobPlaneAccess
{
    /// <summary>The phase of a tenant's deployment; null when the tenant has no such deployment.</summary>
    public required Func<TenantId, DeploymentId, CancellationToken, ValueTask<Phase?>> PhaseOf { get; init; }

    /// <summary>Whether the request's raw <c>Authorization</c> is the token of the deployment's current attempt.</summary>
    public required Func<HttpContext, DeploymentId, CancellationToken, ValueTask<bool>> IsWorkerOf { get; init; }

    /// <summary>What was last seen of the workers of a deployment whose provider runs them; null where they take their jobs here and are known.</summary>
    public Func<TenantId, DeploymentId, CancellationToken, ValueTask<WorkerCounts?>> ObservedWorkers { get; init; } = static (_, _, _) => ValueTask.FromResult<WorkerCounts?>(null);

    /// <summary>What a deployment that speaks HTTP itself is; null for a model.</summary>
    public Func<DeploymentId, HttpService?> ServiceOf { get; init; } = static _ => null;

    /// <summary>What is wrong with an input for a service, for its caller to read; null when nothing is.</summary>
    public Func<byte[], string?> CheckServiceInput { get; init; } = static _ => null;

    /// <summary>How many bytes of a job the queue of the deployment's provider takes, where that many are too many for it; null where they are not.</summary>
    public Func<TenantId, DeploymentId, long, CancellationToken, ValueTask<long?>> ExceededBy { get; init; } = static (_, _, _, _) => ValueTask.FromResult<long?>(null);

    /// <summary>Keeps a result that is larger than the plane takes; answers what the output is instead, or null where it cannot be kept.</summary>
    public Func<DeploymentId, JobId, Stream, CancellationToken, ValueTask<byte[]?>> Spill { get; init; } = static (_, _, _, _) => ValueTask.FromResult<byte[]?>(null);

    /// <summary>Encrypts what callers must not find in the database in clear: the keys in <c>s3Config</c>.</summary>
    public required Func<byte[], byte[]> Seal { get; init; }

    /// <summary>Undoes <see cref="Seal"/>.</summary>
    public required Func<byte[], byte[]> Open { get; init; }
}
