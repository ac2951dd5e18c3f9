using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;

namespace Rouse.Core.Ports;

/// <summary>One outside system that sells or owns capacity.</summary>
/// <remarks>
/// Every call may have happened even when it throws: see <see cref="ProviderFault.Unknown"/>. Deleting an absent backend succeeds.
/// Faults are thrown as <see cref="ProviderException"/>; anything else is a bug and counts as unknown.
/// </remarks>
public interface IProvider
{
    ProviderTraits Traits { get; }

    /// <summary>Ways to get capacity now, best first.</summary>
    ValueTask<IReadOnlyList<Offer>> ListOffersAsync(HardwareNeed need, ProviderAccess access, CancellationToken ct);

    /// <summary>Creates the backend of one attempt. Called once per attempt number, never retried in place.</summary>
    ValueTask<BackendId> CreateAsync(BackendRequest request, ProviderAccess access, CancellationToken ct);

    /// <summary>Everything alive whose name begins with the prefix, as far as the provider shows it (<see cref="ProviderTraits.ListLag"/>).</summary>
    ValueTask<IReadOnlyList<ObservedBackend>> ListOwnedAsync(OwnerPrefix prefix, ProviderAccess access, CancellationToken ct);

    /// <summary>Wakes a backend or puts it to sleep without deleting it.</summary>
    ValueTask SetRunningAsync(BackendId id, bool running, ProviderAccess access, CancellationToken ct);

    ValueTask DeleteAsync(BackendId id, ProviderAccess access, CancellationToken ct);
}

/// <summary>What a provider can do, as data.</summary>
public sealed record ProviderTraits
{
    /// <summary>The word in <see cref="DeploymentSpec.Provider"/>.</summary>
    public required string Kind { get; init; }

    public bool ScalesToZero { get; init; }

    public bool CanStop { get; init; }

    public bool SupportsSpot { get; init; }

    public int MaxNameLength { get; init; } = 63;

    /// <summary>How long after a create the list may still miss it.</summary>
    public TimeSpan ListLag { get; init; }

    /// <summary>The longest one of our calls can take before we give up on its answer.</summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>After an unknown outcome, how long until a list is the truth: at least the call's timeout and the list's lag.</summary>
    public TimeSpan Settle => CallTimeout + ListLag;
}

/// <summary>What one call to a provider ended with.</summary>
public enum ProviderFault
{
    /// <summary>No stock of what was asked for, now.</summary>
    Capacity,

    /// <summary>A limit of the account; more capacity elsewhere does not help.</summary>
    Quota,

    /// <summary>Not enough money in the account.</summary>
    Balance,
    Unauthorized,
    RateLimited,

    /// <summary>The request breaks a rule; asking again is useless.</summary>
    Rejected,

    /// <summary>It may have happened. Look before acting again.</summary>
    Unknown,
}

public sealed class ProviderException(ProviderFault fault, string message, Exception? inner = null) : Exception(message, inner)
{
    public ProviderFault Fault { get; } = fault;

    /// <summary>One of <see cref="FailureCodes"/> when it says more than the fault does; null otherwise.</summary>
    public string? Code { get; init; }

    /// <summary>How long the provider asked us to wait, when it did.</summary>
    public TimeSpan? RetryAfter { get; init; }
}

/// <summary>The tenant on whose account a call is made, and the key for it; null where the provider needs none.</summary>
public sealed record ProviderAccess(TenantId Tenant, Secret? Key);

/// <summary>The provider's own id of a backend. Opaque.</summary>
public readonly record struct BackendId(string Value)
{
    public override string ToString() => Value;
}

/// <param name="VramGb">Memory a GPU must have at least; 0 when any machine will do.</param>
public sealed record HardwareNeed(int VramGb, string? GpuTier, string? Region);

/// <summary>One way to get capacity now.</summary>
/// <param name="Hardware">The provider's word for what is offered: a GPU pool, or <c>cpu</c>.</param>
/// <param name="PricePerSecond">US dollars; 0 on one's own machine.</param>
public sealed record Offer(string Provider, string Hardware, int VramGb, decimal PricePerSecond, string? Region = null);

/// <summary>Everything a provider needs to create the backend of one attempt.</summary>
/// <param name="Environment">For the worker. Reveal secrets only when handing them to the worker itself.</param>
public sealed record BackendRequest(
    BackendName Name, TenantId Tenant, DeploymentSpec Spec, Offer Offer, IReadOnlyDictionary<string, EnvironmentValue> Environment);

/// <summary>A plain value or a secret one; exactly one of both is set.</summary>
public readonly record struct EnvironmentValue
{
    private EnvironmentValue(string? plain, Secret? secret) => (Plain, Hidden) = (plain, secret);

    public string? Plain { get; }

    public Secret? Hidden { get; }

    public static implicit operator EnvironmentValue(string plain) => new(plain, null);

    public static implicit operator EnvironmentValue(Secret secret) => new(null, secret);

    public string Reveal() => Plain ?? Hidden!.Reveal(SecretPurpose.WorkerEnvironment);
}

/// <summary>A backend as the provider's list shows it.</summary>
/// <param name="Trouble">Why it is not ready, when the provider can tell. Fatal trouble ends the deployment.</param>
public sealed record ObservedBackend(BackendId Id, BackendName Name, BackendStatus Status, int ReadyWorkers = 0, int Workers = 0, BackendTrouble? Trouble = null);

public enum BackendStatus
{
    Starting,
    Running,

    /// <summary>Alive and without workers; the first request wakes it.</summary>
    Sleeping,
    Stopping,
}

public sealed record BackendTrouble(FailureCause Cause, bool Fatal);
