using Rouse.Core.Ports;

namespace Rouse.Core.Deployments;

/// <summary>What one pass does, in order. A step that does not succeed ends the pass; the next one looks again.</summary>
/// <param name="Again">When to look again at the latest; null when only news can change anything.</param>
public sealed record ReconcilePlan(IReadOnlyList<ReconcileStep> Steps, TimeSpan? Again)
{
    public static ReconcilePlan Wait(TimeSpan? again) => new([], again);
}

public abstract record ReconcileStep
{
    private ReconcileStep()
    {
    }

    /// <summary>Intent before effect: raises the attempt number by compare-and-set.</summary>
    public sealed record BeginAttempt(int Expected, Offer Offer, DateTimeOffset Deadline) : ReconcileStep;

    /// <summary>Always right behind <see cref="BeginAttempt"/>, and never without it.</summary>
    public sealed record Create(int Attempt, Offer Offer) : ReconcileStep;

    /// <summary>Ask the provider what it has, then plan once more.</summary>
    public sealed record FindOffers : ReconcileStep;

    public sealed record Delete(BackendId Backend, string Why) : ReconcileStep;

    public sealed record Adopt(int Attempt, BackendId Backend) : ReconcileStep;

    public sealed record Forget(int Attempt, BackendId Backend) : ReconcileStep;

    public sealed record Advance(int Attempt, Phase To, FailureCause? Cause = null) : ReconcileStep;

    public sealed record MarkReleased : ReconcileStep;
}

/// <summary>The bounds of reconciling, each with its reason.</summary>
public sealed record ReconcileLimits
{
    /// <summary>Attempts one deployment may use; more would be a loop that spends money.</summary>
    public int MaxAttempts { get; init; } = 8;

    /// <summary>How often a healthy or starting deployment is looked at without news.</summary>
    public TimeSpan Poll { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Between two attempts after a refusal that waiting can cure.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>An unknown outcome is settled after this (see <see cref="ProviderTraits.Settle"/>).</summary>
    public TimeSpan Settle { get; init; } = TimeSpan.FromSeconds(30);
}
