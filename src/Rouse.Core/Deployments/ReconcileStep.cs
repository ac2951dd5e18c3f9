using Rouse.Core.Ports;

namespace Rouse.Core.Deployments;

/// <summary>What one pass does, in order. A step that does not succeed ends the pass; the next one looks again.</summary>
/// <param name="Again">When to look again at the latest; null when only news can change anything.</param>
public sealed record ReconcilePlan(IReadOnlyList<ReconcileStep> Steps, TimeSpan? Again)
{
    public static ReconcilePlan Wait(TimeSpan again) => new([], again);
}

public abstract record ReconcileStep
{
    private ReconcileStep()
    {
    }

    /// <summary>Find out what the model needs, then plan once more.</summary>
    public sealed record InspectModel : ReconcileStep;

    /// <summary>Ask the provider what it has, then plan once more.</summary>
    public sealed record FindOffers : ReconcileStep;

    /// <summary>
    /// Intent, then effect: raises the attempt to <paramref name="Number"/> by compare-and-set, and only when that succeeded asks the provider, once,
    /// for a backend that carries the number in its name.
    /// </summary>
    /// <param name="Tried">Keys of the offers asked in this round, this one included.</param>
    public sealed record StartAttempt(int Number, Offer Offer, IReadOnlyList<string> Tried) : ReconcileStep;

    /// <summary>The attempt's backend cannot be used in time: no longer the row's, whatever it still does.</summary>
    public sealed record GiveUp(int Attempt, BackendId Backend, FailureCause Cause) : ReconcileStep;

    public sealed record Delete(BackendId Backend, string Why) : ReconcileStep;

    public sealed record Adopt(int Attempt, BackendId Backend) : ReconcileStep;

    public sealed record Forget(int Attempt, BackendId? Backend, DateTimeOffset Deadline) : ReconcileStep;

    public sealed record Advance(int Attempt, Phase To, FailureCause? Cause = null) : ReconcileStep;

    /// <summary>Say what it waits for, or with null that it waits for nothing known any more.</summary>
    public sealed record Note(FailureCause? Cause) : ReconcileStep;

    /// <summary>The backend has no worker and none on its way, and is wanted ready.</summary>
    public sealed record Wake(BackendId Backend) : ReconcileStep;

    /// <summary>Intent before effect: from here on it may be stopped at any moment, and nothing is sent to it before it was woken.</summary>
    public sealed record BeginStop(int Attempt, BackendId Backend) : ReconcileStep;

    /// <summary>Intent before effect: it was stopped, and is being woken.</summary>
    public sealed record BeginWake(int Attempt, BackendId Backend) : ReconcileStep;

    /// <summary>Its machine has no GPU free for it: no longer the row's, so that another attempt can be made on another machine.</summary>
    public sealed record Relocate(int Attempt, BackendId Backend, FailureCause Cause, DateTimeOffset Deadline) : ReconcileStep;

    /// <summary>Nobody needs it for now: its capacity is given back, what it stores stays.</summary>
    public sealed record Sleep(BackendId Backend) : ReconcileStep;

    /// <summary>Somebody changed the bounds of its workers: make them as ordered.</summary>
    public sealed record Restore(BackendId Backend, WorkerScaling Workers, string What) : ReconcileStep;

    /// <summary>A warm window began or ended.</summary>
    public sealed record Resize(BackendId Backend, WorkerScaling Workers, string What) : ReconcileStep;

    /// <summary>The operator has another image for its workers.</summary>
    public sealed record Renew(BackendId Backend, string Image) : ReconcileStep;

    /// <summary>Somebody changed the bounds of its workers: that is the order now.</summary>
    public sealed record TakeOver(int Attempt, WorkerScaling Workers, string What) : ReconcileStep;

    public sealed record MarkReleased : ReconcileStep;
}

/// <summary>The bounds of reconciling, each with its reason. None on attempts: at most one backend lives, until the start deadline.</summary>
public sealed record ReconcileLimits
{
    /// <summary>How often a healthy or starting deployment is looked at without news.</summary>
    public TimeSpan Poll { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Before looking again at something that is just changing: a delete on its way, a row that another replica moved.</summary>
    public TimeSpan Recheck { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Between two attempts after a refusal that waiting can cure.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// An unknown outcome is settled this long after its attempt began. A pass adds <see cref="ProviderTraits.Settle"/>; what is left here is for
    /// clocks that differ and requests that outlive their connection.
    /// </summary>
    public TimeSpan Settle { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a provider's list may miss what a create has answered for (<see cref="ProviderTraits.ListLag"/>). A pass sets it.</summary>
    public TimeSpan ListLag { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long an attempt may wait for a GPU that its offer does not have before the next offer is tried: longer than a worker that is only slow
    /// to be placed, shorter than a user's patience.
    /// </summary>
    public TimeSpan CapacityPatience { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>The provider sells GPUs: models are sized first, and an attempt that comes to nothing gives way to the next offer. A pass sets it.</summary>
    public bool Buys { get; init; }

    /// <summary>Several engines could serve it, so the model is looked at before a worker is started. A pass sets it.</summary>
    public bool Chooses { get; init; }

    /// <summary>Its backends can be put to sleep and woken, and jobs come from our own queue or as requests. A pass sets it.</summary>
    public bool Stops { get; init; }

    /// <summary>The provider finds the machine of each wake, so there is none to be stranded on (<see cref="ProviderTraits.WakesWhenAsked"/>). A pass sets it.</summary>
    public bool Roams { get; init; }

    /// <summary>
    /// From the moment a service's route is taken out until it is stopped: longer than another replica needs to notice, and to tell that it still has
    /// something under way there.
    /// </summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>That time has passed. A pass sets it.</summary>
    public bool IsDrained { get; init; }

    /// <summary>
    /// Jobs wait or run that our own queue holds, or a worker is to be kept whatever there is to do. For a service: requests wait or are under way
    /// too, at any replica. Only asked where it matters: of what is asleep, or should be. A pass sets it.
    /// </summary>
    public bool Wanted { get; init; }

    /// <summary>The image its workers are to run, where this process has still to see to that. A pass sets it.</summary>
    public string? Image { get; init; }

    /// <summary>How long a row is held for one pass: longer than passes take; what a replica's death delays its rows by.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(60);
}
