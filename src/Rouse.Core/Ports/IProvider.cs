using Rouse.Core.Deployments;
using Rouse.Core.Models;
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

    /// <summary>Everything it sells, in no order, with live price and stock. <see cref="Hardware.OfferRanking"/> chooses.</summary>
    /// <param name="region">Only what can be had there; null for anywhere.</param>
    ValueTask<IReadOnlyList<Offer>> ListOffersAsync(string? region, ProviderAccess access, CancellationToken ct);

    /// <summary>Creates the backend of one attempt. Called once per attempt number, never retried in place.</summary>
    ValueTask<BackendId> CreateAsync(BackendRequest request, ProviderAccess access, CancellationToken ct);

    /// <summary>Everything alive whose name begins with the prefix, as far as the provider shows it (<see cref="ProviderTraits.ListLag"/>).</summary>
    ValueTask<IReadOnlyList<ObservedBackend>> ListOwnedAsync(OwnerPrefix prefix, ProviderAccess access, CancellationToken ct);

    /// <summary>Wakes a backend, so that it comes to have a worker, or puts it to sleep without deleting it. Asking twice is harmless.</summary>
    ValueTask SetRunningAsync(BackendId id, bool running, ProviderAccess access, CancellationToken ct);

    /// <summary>Sets the bounds of its workers: what somebody else changed becomes as it was ordered. Starts nothing by itself.</summary>
    ValueTask ScaleAsync(BackendId id, WorkerScaling workers, ProviderAccess access, CancellationToken ct);

    /// <summary>
    /// Has its workers run another image: new ones do, those at work finish first. Only what tells its images (<see cref="ProviderTraits.ImageOf"/>) is asked. Asking twice
    /// is harmless.
    /// </summary>
    ValueTask RenewAsync(BackendId id, string image, ProviderAccess access, CancellationToken ct) => throw new NotSupportedException($"{Traits.Kind} tells no images.");

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

    /// <summary>What it offers are GPUs at a price: a model is sized, and offers are ranked, before anything is created.</summary>
    public bool SellsGpus { get; init; }

    /// <summary>Its calls are made with the key of an account. So it is wherever GPUs are sold.</summary>
    public bool NeedsKey { get => field || SellsGpus; init; }

    /// <summary>Workers of ours can run there and reach this server, so a model can be deployed. Otherwise it takes services alone.</summary>
    public bool ServesModels { get; init; } = true;

    /// <summary>
    /// Where a service's backend is reached over HTTP, without a trailing slash; null where it cannot be. A name only: whether anybody answers there is
    /// another question.
    /// </summary>
    public Func<BackendId, HttpService, Uri?> AddressOf { get; init; } = static (_, _) => null;

    /// <summary><see cref="AddressOf"/> repeats what a caller wrote, so no more may be connected to than callers' URLs may lead to.</summary>
    public bool AddressIsCallers { get; init; }

    /// <summary>Whoever asks at <see cref="AddressOf"/> must show the account's key, as <c>Authorization: Bearer</c>.</summary>
    public bool AddressWantsKey { get; init; }

    /// <summary>
    /// What sleeps there is woken by any request to <see cref="AddressOf"/>, and kept awake by each: nobody asks it whether it can work without need. Which
    /// machine it wakes on is the provider's to find.
    /// </summary>
    public bool WakesWhenAsked { get; init; }

    /// <summary>Its backends take jobs from the provider's own queue, so ours are handed on, and two deployments may share a backend.</summary>
    public bool HasOwnQueue { get; init; }

    /// <summary>Bytes of a job's input and <c>s3Config</c> together that its own queue takes; null where it has none, or no bound below ours.</summary>
    public long? MaxJobBytes { get; init; }

    /// <summary>As they are for one deployment: a service is asked directly, whatever queue its provider has.</summary>
    public ProviderTraits For(DeploymentSpec spec) => spec.Service is null || !HasOwnQueue ? this : this with { HasOwnQueue = false };

    /// <summary>The image that workers of an engine are to run, where a backend can be given another; null where nothing tells, or nothing can be done.</summary>
    public Func<WorkerEngine?, string?> ImageOf { get; init; } = static _ => null;

    /// <summary>Whether a word names a place it can put a backend in.</summary>
    public Func<string, bool> KnowsRegion { get; init; } = _ => false;

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
/// <param name="Account">Names the account without telling the key; null where there are no accounts.</param>
public sealed record ProviderAccess(TenantId Tenant, Secret? Key, string? Account = null);

/// <summary>The provider's own id of a backend. Opaque.</summary>
public readonly record struct BackendId(string Value)
{
    public override string ToString() => Value;
}

/// <param name="VramGb">Memory a GPU must have at least; 0 when any machine will do.</param>
/// <param name="GpuTier">A name of <see cref="Hardware.GpuTiers"/>, or null for any.</param>
/// <param name="AllowFallback">GPUs outside the tier may be taken when the tier has none.</param>
public sealed record HardwareNeed(int VramGb, string? GpuTier, string? Region, bool AllowFallback = false);

/// <summary>One way to get capacity now.</summary>
/// <param name="Hardware">The provider's word for what is offered: a GPU pool, a GPU type, or <c>cpu</c>.</param>
/// <param name="VramGb">Of the smallest GPU in it.</param>
/// <param name="PricePerSecond">US dollars per worker; 0 on one's own machine.</param>
/// <param name="Region">The place it was asked for; null for anywhere.</param>
public sealed record Offer(string Provider, string Hardware, int VramGb, decimal PricePerSecond, string? Region = null)
{
    /// <summary>The GPU pool of Runpod's table that tiers speak of; null for a CPU.</summary>
    public string? Pool { get; init; }

    /// <summary>The GPUs a worker may get, for people.</summary>
    public string? Gpus { get; init; }

    public Stock Stock { get; init; } = Stock.High;

    /// <summary>The same offer at another time has the same key; price and stock may differ.</summary>
    public string Key() => Region is null ? $"{Provider}/{Hardware}" : $"{Provider}/{Hardware}/{Region}";
}

/// <summary>How much of an offer there is, in Runpod's words.</summary>
public enum Stock
{
    None,
    Low,
    Medium,
    High,
}

/// <summary>Everything a provider needs to create the backend of one attempt.</summary>
/// <param name="Environment">For the worker. Reveal secrets only when handing them to the worker itself.</param>
public sealed record BackendRequest(
    BackendName Name, TenantId Tenant, DeploymentSpec Spec, Offer Offer, IReadOnlyDictionary<string, EnvironmentValue> Environment)
{
    /// <summary>What its workers run; null for a service.</summary>
    public WorkerEngine? Engine { get; init; }
}

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
/// <param name="Workers">Those that hold capacity, ready or not.</param>
/// <param name="Trouble">Why it is not ready, when the provider can tell. Fatal trouble ends the deployment.</param>
public sealed record ObservedBackend(BackendId Id, BackendName Name, BackendStatus Status, int ReadyWorkers = 0, int Workers = 0, BackendTrouble? Trouble = null)
{
    /// <summary>False when nobody has looked at its workers yet: their numbers are then 0 for want of better.</summary>
    public bool WorkersKnown { get; init; } = true;

    /// <summary>How it is set up, where others than we can change that; null where they cannot.</summary>
    public BackendSettings? Settings { get; init; }

    /// <summary>US dollars per hour for what it stores, beside what its workers cost. It goes on while the backend sleeps.</summary>
    public decimal StorageUsdPerHour { get; init; }

    /// <summary>US dollars per hour of one worker, where the list tells it and no offer did: what others ordered. Null where the offer's price holds.</summary>
    public decimal? WorkerUsdPerHour { get; init; }
}

/// <summary>What a provider, or a person at its console, may have changed.</summary>
/// <param name="IdleTimeout">Null where the provider has none for this kind of scaling.</param>
/// <param name="Image">The container image, as the provider shows it.</param>
public sealed record BackendSettings(int MinWorkers, int MaxWorkers, TimeSpan? IdleTimeout, string? Image = null);

public enum BackendStatus
{
    Starting,
    Running,

    /// <summary>Alive and without workers; the first request wakes it.</summary>
    Sleeping,
    Stopping,
}

public sealed record BackendTrouble(FailureCause Cause, bool Fatal);
