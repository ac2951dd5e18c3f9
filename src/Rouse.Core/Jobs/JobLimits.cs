namespace Rouse.Core.Jobs;

/// <summary>Every bound of the job plane. Sizes in bytes.</summary>
public sealed record JobLimits
{
    private const long MiB = 1024 * 1024;

    /// <summary>Body of <c>/run</c>; Runpod's limit.</summary>
    public long MaxRunBody { get; init; } = 10 * MiB;

    /// <summary>Body of <c>/runsync</c>; Runpod's limit.</summary>
    public long MaxRunSyncBody { get; init; } = 20 * MiB;

    /// <summary>A worker's result. Generous, because a result that is refused is lost for good; a larger one ends the job FAILED.</summary>
    public long MaxResult { get; init; } = 100 * MiB;

    /// <summary>One streamed item; Runpod's limit. A larger one is left out of the stream.</summary>
    public long MaxChunk { get; init; } = MiB;

    /// <summary>Streamed items of one job that nobody has read yet; further ones are left out of the stream. Twice the largest result.</summary>
    public long MaxUnreadStream { get; init; } = 200 * MiB;

    /// <summary>JSON nesting of inputs and results: more than any model needs, and no reader's stack is at risk.</summary>
    public int MaxDepth { get; init; } = 256;

    /// <summary>Jobs of one deployment that wait; about a day of one worker at one job per second. Soft: a few may slip past.</summary>
    public int MaxQueued { get; init; } = 100_000;

    /// <summary>Jobs given out in one <c>job-take-batch</c>.</summary>
    public int MaxBatch { get; init; } = 100;

    /// <summary>Workers remembered per deployment; the one silent for longest is forgotten first.</summary>
    public int MaxWorkers { get; init; } = 1_000;

    /// <summary>Ids a worker is asked to stop and has not been told yet.</summary>
    public int MaxStops { get; init; } = 1_000;

    /// <summary>How often a job is given out before it is blamed for its workers' deaths.</summary>
    public int MaxTries { get; init; } = 3;

    /// <summary>A job belongs to its worker for this long after the take and after each ping that lists it: six of the SDK's pings.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>An ended job can be read for this long. Runpod keeps 30 minutes, and people lose results by it.</summary>
    public TimeSpan ResultsKept { get; init; } = TimeSpan.FromHours(24);

    /// <summary>How long a take or a stop poll is held; the SDK hangs up at 90 s, proxies at 30 to 100 s.</summary>
    public TimeSpan PollHold { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>The same for a worker that gets no more jobs: it must not spin, and must be able to end soon.</summary>
    public TimeSpan DrainedPollHold { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long <c>/stream</c> is held while there is nothing new.</summary>
    public TimeSpan StreamHold { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan ShortestWait { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan DefaultWait { get; init; } = TimeSpan.FromSeconds(90);

    public TimeSpan LongestWait { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a door holds its caller when he does not say otherwise, and at most: what OpenAI's own clients wait.</summary>
    public TimeSpan DoorWait { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How soon news of another replica is noticed. This process's own news needs no waiting.</summary>
    public TimeSpan SafetyPoll { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A worker unheard of for this long is forgotten: ten leases.</summary>
    public TimeSpan WorkerSilence { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Jobs one sweep looks at in one transaction, so that the writer is not held for long.</summary>
    public int SweepBatch { get; init; } = 200;
}
