namespace Rouse.Server.Background;

/// <summary>The bounds of the job relay, each with its reason. Rates are Runpod's base rates (docs.runpod.io, serverless/endpoints/operation-reference).</summary>
internal sealed record JobRelayLimits
{
    /// <summary>Jobs of one deployment that lie with its provider at once; the others wait here, where they can be cancelled for nothing. Runpod takes 200 at once.</summary>
    public int MaxInFlight { get; init; } = 200;

    /// <summary>Submissions of one account per second: 1000 in 10 s.</summary>
    public double SubmitsPerSecond { get; init; } = 100;

    /// <summary>Looks of one account per second: 2000 in 10 s.</summary>
    public double LooksPerSecond { get; init; } = 200;

    /// <summary>Cancellations of one account per second: 100 in 10 s.</summary>
    public double CancelsPerSecond { get; init; } = 10;

    /// <summary>Looks of all accounts that are under way: each may bring a result of 20 MB.</summary>
    public int LooksAtOnce { get; init; } = 32;

    /// <summary>From the submission to the first look: a warm worker with a small model answers within it.</summary>
    public TimeSpan FirstLook { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Each further wait is so many times the one before.</summary>
    public double LookGrowth { get; init; } = 1.5;

    /// <summary>A caller who waits minutes for a result does not mind so much more.</summary>
    public TimeSpan LongestLook { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A job that its provider does not know is lost only when it was handed on so long ago: what is new may not show everywhere at once.</summary>
    public TimeSpan SubmitLag { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>One call to the provider.</summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>After a refused submission nothing is handed on for so long; doubled by each further one.</summary>
    public TimeSpan FirstHold { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A provider that takes jobs again is noticed within this time.</summary>
    public TimeSpan LongestHold { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How often a cancellation is tried; then the job's own timeouts end it.</summary>
    public int CancelTries { get; init; } = 5;

    /// <summary>How often the leases of held jobs are renewed: four times within one.</summary>
    public TimeSpan Keep { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>While jobs wait at the provider, how often the deployment is looked at: its workers may have been cut to none.</summary>
    public TimeSpan HintEvery { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often it is read which deployments are relayed: what nobody told of waits this long at most.</summary>
    public TimeSpan Rescan { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>News of deployments come in swarms; those of so long are looked at together.</summary>
    public TimeSpan Gather { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>One replica relays. Another goes on when this one has not been heard of for so long.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>After a fault of our own (the store is away): long enough not to spin, short enough not to matter.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromSeconds(1);
}
