using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;

namespace Rouse.Core.Scheduling;

/// <summary>What an <see cref="AdmissionMachine"/> knows of its deployment.</summary>
/// <param name="Backends">Ids of those that can be sent to now.</param>
/// <param name="WakeBegan">When the wake that goes on began, by the machine's clock; null when none is known of.</param>
public sealed record AdmissionRoute(AdmissionCapacity Capacity, IReadOnlyList<string> Backends, HttpService Service, StartEstimate WakeEstimate, TimeSpan? WakeBegan);

public enum AdmissionCapacity
{
    /// <summary>The backends take requests.</summary>
    Some,

    /// <summary>None yet; a wake or a start brings it.</summary>
    None,

    /// <summary>Nothing will bring any.</summary>
    Ended,
}

/// <summary>A request that asks for a place.</summary>
/// <param name="Id">Of one request, never used again.</param>
/// <param name="IsQueued">A job, for whose answer nobody waits.</param>
/// <param name="Bytes">What holding it takes.</param>
/// <param name="Wait">The longest it may wait, whatever for; null for as long as the deployment allows.</param>
public readonly record struct AdmissionAsk(long Id, TenantId Caller, bool IsQueued, long Bytes, TimeSpan? Wait);

/// <summary>What is to be done after an event.</summary>
/// <param name="Id">Of the request that it is about.</param>
/// <param name="Backend">Where it was granted.</param>
/// <param name="Refusal">Why it was refused.</param>
/// <param name="At">Of the timer, by the machine's clock.</param>
public readonly record struct AdmissionEffect(AdmissionEffectKind Kind, long Id = 0, string? Backend = null, AdmissionRefusal Refusal = default, TimeSpan At = default);

public enum AdmissionEffectKind
{
    /// <summary>The request has a place at the backend, until its Done.</summary>
    Grant,

    Refuse,

    /// <summary>A wake begins that all who wait have joined.</summary>
    Wake,

    /// <summary>Nobody waits for the wake any more.</summary>
    Rest,

    /// <summary>A Tick is due then, in place of what was set before.</summary>
    SetTimer,
}

/// <param name="RetryAfter">When asking again makes sense.</param>
/// <param name="Position">What it would have if it asked again now; 0 where it would have none.</param>
/// <param name="ExpectedWait">At that position.</param>
public readonly record struct AdmissionRefusal(AdmissionReason Reason, TimeSpan RetryAfter, int Position, TimeSpan ExpectedWait);

public enum AdmissionReason
{
    /// <summary>All places are taken: 429.</summary>
    QueueFull,

    /// <summary>The bytes of those that wait are too many: 429.</summary>
    QueueBytesFull,

    /// <summary>This tenant's share of all places is used up: 429.</summary>
    TenantFull,

    /// <summary>There was no capacity for too long: 504.</summary>
    WakeTimeout,

    /// <summary>All capacity was busy for too long: 503.</summary>
    BusyTimeout,

    /// <summary>Nothing will bring capacity any more: 409.</summary>
    Ended,

    /// <summary>The server is about to stop and hands back what it holds: 503.</summary>
    Stopping,
}
