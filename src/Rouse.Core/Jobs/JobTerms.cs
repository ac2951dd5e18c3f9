namespace Rouse.Core.Jobs;

/// <summary>What the caller asked of a job besides its input: Runpod's <c>policy</c>.</summary>
/// <param name="ExecutionTimeout">How long one worker may have it; then it ends TIMED_OUT.</param>
/// <param name="TimeToLive">From submission (or retry); a job that has not ended by then vanishes.</param>
/// <param name="LowPriority">Taken only when no other job waits.</param>
public sealed record JobTerms(TimeSpan ExecutionTimeout, TimeSpan TimeToLive, bool LowPriority)
{
    public static readonly TimeSpan DefaultExecutionTimeout = TimeSpan.FromMinutes(10);
    public static readonly TimeSpan DefaultTimeToLive = TimeSpan.FromDays(1);

    /// <summary>Runpod's bounds.</summary>
    public static readonly TimeSpan ShortestExecutionTimeout = TimeSpan.FromSeconds(5);
    public static readonly TimeSpan ShortestTimeToLive = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan Longest = TimeSpan.FromDays(7);

    public static JobTerms Default { get; } = new(DefaultExecutionTimeout, DefaultTimeToLive, LowPriority: false);

    /// <param name="executionTimeoutMs">Null: the default.</param>
    /// <param name="timeToLiveMs">Null: the default.</param>
    /// <param name="lowPriority">See <see cref="LowPriority"/>.</param>
    /// <param name="refusal">What is wrong, for the caller to read; null when nothing is.</param>
    public static JobTerms? TryCreate(long? executionTimeoutMs, long? timeToLiveMs, bool lowPriority, out string? refusal)
    {
        refusal = Check("policy.executionTimeout", executionTimeoutMs, ShortestExecutionTimeout) ?? Check("policy.ttl", timeToLiveMs, ShortestTimeToLive);
        if (refusal is not null) return null;
        return new(
            executionTimeoutMs is { } e ? TimeSpan.FromMilliseconds(e) : DefaultExecutionTimeout,
            timeToLiveMs is { } t ? TimeSpan.FromMilliseconds(t) : DefaultTimeToLive,
            lowPriority);
    }

    private static string? Check(string name, long? milliseconds, TimeSpan least) =>
        milliseconds is not { } ms || (ms >= least.TotalMilliseconds && ms <= Longest.TotalMilliseconds)
            ? null
            : $"{name} must be {(long)least.TotalMilliseconds} to {(long)Longest.TotalMilliseconds} ms.";
}
