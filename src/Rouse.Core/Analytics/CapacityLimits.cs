namespace Rouse.Core.Analytics;

/// <summary>The bounds of metering.</summary>
public sealed record CapacityLimits
{
    /// <summary>What holds between two looks at most this far apart was watched: four polls, and the longest pause after faults.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>How often the end of a span that goes on is stored: as much of it is unobserved at most when this server dies.</summary>
    public TimeSpan Resolution { get; init; } = TimeSpan.FromSeconds(60);
}
