using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;

namespace Rouse.Providers.External;

/// <summary>What a living deployment says it runs on, where the provider itself keeps no names of ours.</summary>
/// <param name="Name">Of its current attempt.</param>
/// <param name="Account">As <see cref="DeploymentSpec.Account"/>.</param>
/// <param name="CreatedAt">Of two that claim one thing the older has it.</param>
public sealed record ClaimedBackend(BackendName Name, HttpService Service, string? Account, DateTimeOffset CreatedAt)
{
    /// <summary>Equal moments are told apart by the id, the same for everybody who asks.</summary>
    public bool IsBefore(ClaimedBackend other) =>
        (CreatedAt, Name.Deployment.Value).CompareTo((other.CreatedAt, other.Name.Deployment.Value)) < 0;
}

/// <summary>
/// All claims of a tenant at a provider: deployments that have not ended and whose current attempt may hold something, or is about to. Read from the
/// store at each call.
/// </summary>
public delegate ValueTask<IReadOnlyList<ClaimedBackend>> ClaimReader(TenantId tenant, string provider, CancellationToken ct);
