using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;

namespace Rouse.Gateway.Routing;

/// <summary>One deployment as the gateway sees it. Immutable; replaced whole when anything about it changes.</summary>
/// <param name="Name">The user's word for it, unique neither over tenants nor within one.</param>
/// <param name="Backends">Those that can be sent to now; none while it sleeps, wakes or warms up.</param>
public sealed record Route(DeploymentId Deployment, TenantId Tenant, string? Name, HttpService Service, RouteState State, IReadOnlyList<RouteBackend> Backends)
{
    /// <summary>How long a wake of this deployment takes, learned from its own; of all, or a prior, before the first.</summary>
    public required StartEstimate WakeEstimate { get; init; }

    /// <summary>When the wake that goes on began; null when none does.</summary>
    public DateTimeOffset? WakingSince { get; init; }

    /// <summary>Why it is not ready, when something is known: no GPU free, image pull, the balance.</summary>
    public FailureCause? Waiting { get; init; }
}

public enum RouteState
{
    /// <summary>It can be sent to.</summary>
    Ready,

    /// <summary>It cannot yet; a wake or a start will make it ready.</summary>
    NotReady,

    /// <summary>Failed or being deleted: nothing will make it ready.</summary>
    Ended,
}

/// <param name="Id">Changes whenever what is behind it does: another pod, or the same one after a wake.</param>
/// <param name="Address">Without a trailing slash; paths are appended.</param>
/// <param name="Authorization">What the backend's provider wants in <c>Authorization</c>; null for nothing.</param>
public sealed record RouteBackend(string Id, Uri Address, Rouse.Core.Tenancy.Secret? Authorization = null)
{
    /// <summary>The address was a caller's word, so only what <c>EgressPolicy</c> allows is connected to.</summary>
    public bool IsGuarded { get; init; }
}
