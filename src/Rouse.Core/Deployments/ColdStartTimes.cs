namespace Rouse.Core.Deployments;

/// <summary>What the parts of a worker's start took, as the worker measured them. Null for a part that it had not.</summary>
/// <param name="WeightsFrom">A word of the worker's protocol; null where there was no model to bring.</param>
/// <param name="Bytes">That were fetched.</param>
public sealed record ColdStartTimes(TimeSpan? Downloading, TimeSpan? Loading, TimeSpan? Warming, string? WeightsFrom, long? Bytes)
{
    /// <summary>The worker's whole start. What its provider took before it began is not in it.</summary>
    public TimeSpan Total => (Downloading ?? TimeSpan.Zero) + (Loading ?? TimeSpan.Zero) + (Warming ?? TimeSpan.Zero);
}
