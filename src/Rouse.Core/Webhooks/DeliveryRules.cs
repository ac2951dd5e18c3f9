namespace Rouse.Core.Webhooks;

/// <summary>By whose rule a webhook is repeated.</summary>
public enum DeliveryPolicy
{
    /// <summary>Standard Webhooks: any 2xx, ten tries over three days.</summary>
    Standard,

    /// <summary>Runpod's, for the <c>webhook</c> of a job: 200 only, two retries ten seconds apart.</summary>
    Runpod,
}

/// <summary>Why a try did not succeed. A closed set without anything the receiver said, so that it shows nobody what lies behind an address.</summary>
public enum TryFailure
{
    None,

    /// <summary>A status that is no success.</summary>
    Refused,

    /// <summary>3xx: redirects are not followed.</summary>
    Redirected,

    /// <summary>410: the receiver wants no more.</summary>
    Gone,

    /// <summary>Connected, and no answer in time.</summary>
    TimedOut,

    /// <summary>No connection: no such name, nobody there, or an address that is not sent to.</summary>
    Unreachable,

    /// <summary>Connected, and what came is not HTTP, or its certificate is not good.</summary>
    Broken,

    /// <summary>Here: its secret cannot be opened, so it could not be signed.</summary>
    NotSigned,
}

/// <summary>What came of one try.</summary>
/// <param name="Status">Null when there was no answer.</param>
/// <param name="Failure">For a try without an answer; otherwise the status says it.</param>
/// <param name="RetryAfter">What the receiver asked for; null when it did not.</param>
public sealed record TryResult(int? Status, TryFailure Failure = TryFailure.None, TimeSpan? RetryAfter = null);

public enum DeliveryEnd
{
    /// <summary>Not over: another try at <see cref="Verdict.NextAt"/>.</summary>
    None,
    Delivered,

    /// <summary>A dead letter: kept, shown, and sent again when asked.</summary>
    Dead,
}

/// <summary>What follows from a try.</summary>
/// <param name="NextAt">Null when it is over.</param>
/// <param name="PausedUntil">Until when nothing at all is sent to this endpoint; null without a pause.</param>
/// <param name="Disable">The endpoint gets nothing more until its owner says otherwise.</param>
public sealed record Verdict(DeliveryEnd End, TryFailure Failure, DateTimeOffset? NextAt = null, DateTimeOffset? PausedUntil = null, bool Disable = false);

/// <summary>When a webhook is sent again, and when it has failed for good.</summary>
public static class DeliveryRules
{
    /// <summary>A receiver that needs longer should answer first and work then.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15);

    /// <summary>Tries of one endpoint at the same time: enough to keep up, too few to hurt a receiver that is coming back.</summary>
    public const int MostAtOnce = 4;

    /// <summary>A receiver may put one delivery off by as much as the schedule's longest wait.</summary>
    public static readonly TimeSpan LongestRetryAfter = TimeSpan.FromHours(24);

    /// <summary>And all of its deliveries by an hour: then one try asks again.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);

    /// <summary>The pause of a receiver that is overloaded and does not say for how long.</summary>
    public static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(5);

    /// <summary>The most that chance adds to a wait, as a share of it: what failed together does not come back together.</summary>
    public const double Jitter = 0.1;

    /// <summary>Before the second try, the third, …: ten tries in 75.6 hours, so that a receiver may be away for a weekend.</summary>
    public static IReadOnlyList<TimeSpan> Waits { get; } =
    [
        TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), TimeSpan.FromHours(2), TimeSpan.FromHours(5),
        TimeSpan.FromHours(10), TimeSpan.FromHours(14), TimeSpan.FromHours(20), TimeSpan.FromHours(24),
    ];

    /// <summary>docs.runpod.io: up to two retries, ten seconds apart.</summary>
    private static readonly TimeSpan[] s_runpodWaits = [TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(10)];

    /// <param name="tries">Including this one.</param>
    /// <param name="chance">0 to 1.</param>
    public static Verdict Judge(DeliveryPolicy policy, int tries, TryResult result, DateTimeOffset now, double chance)
    {
        var isStandard = policy == DeliveryPolicy.Standard;
        if (isStandard ? result.Status is >= 200 and <= 299 : result.Status == 200) return new Verdict(DeliveryEnd.Delivered, TryFailure.None);
        var failure = FailureOf(result);
        if (!isStandard) return tries <= s_runpodWaits.Length ? new(DeliveryEnd.None, failure, now + s_runpodWaits[tries - 1]) : new(DeliveryEnd.Dead, failure);
        if (failure == TryFailure.Gone) return new Verdict(DeliveryEnd.Dead, failure, Disable: true);

        DateTimeOffset? pausedUntil = result.Status is 429 or 502 or 503 or 504
            ? now + Clamp(result.RetryAfter ?? TimeSpan.Zero, ShortestPause, LongestPause)
            : null;
        if (tries > Waits.Count) return new Verdict(DeliveryEnd.Dead, failure, PausedUntil: pausedUntil);
        var wait = Waits[tries - 1] * (1 + (Jitter * chance));
        var asked = Clamp(result.RetryAfter ?? TimeSpan.Zero, TimeSpan.Zero, LongestRetryAfter);
        return new Verdict(DeliveryEnd.None, failure, now + (asked > wait ? asked : wait), pausedUntil);
    }

    private static TryFailure FailureOf(TryResult result) => result.Status switch
    {
        null => result.Failure == TryFailure.None ? TryFailure.Unreachable : result.Failure,
        410 => TryFailure.Gone,
        >= 300 and <= 399 => TryFailure.Redirected,
        _ => TryFailure.Refused,
    };

    private static TimeSpan Clamp(TimeSpan value, TimeSpan least, TimeSpan most) => value < least ? least : value > most ? most : value;
}
