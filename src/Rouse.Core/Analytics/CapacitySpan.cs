using Rouse.Core.Deployments;
using Rouse.Core.Ports;

namespace Rouse.Core.Analytics;

/// <summary>What one backend costs at a moment.</summary>
/// <param name="Starting">Workers that cost and are not ready.</param>
/// <param name="Ready">Workers that take jobs, with or without one.</param>
/// <param name="PricePerSecond">US dollars per worker; null when nobody knows what it was ordered at.</param>
/// <param name="StoragePerHour">US dollars for what it stores, workers or not.</param>
public sealed record CapacityFigures(int Starting, int Ready, decimal? PricePerSecond, decimal StoragePerHour = 0)
{
    public bool IsNothing => Starting + Ready == 0 && StoragePerHour == 0;
}

/// <summary>A backend that a list shows.</summary>
/// <param name="Payer">The deployment its cost is counted on.</param>
/// <param name="Attempt">Of the payer.</param>
/// <param name="Figures">Null when it lives and nobody has looked at its workers.</param>
public sealed record CapacitySighting(DeploymentId Payer, int Attempt, BackendId Backend, CapacityFigures? Figures);

/// <summary>A time through which one backend cost the same: one step of its step function.</summary>
public sealed record CapacitySpan
{
    /// <summary>0 before it is stored.</summary>
    public long Id { get; init; }

    /// <summary>The deployment it is counted on.</summary>
    public required DeploymentId Deployment { get; init; }

    public required int Attempt { get; init; }

    public required BackendId Backend { get; init; }

    public required CapacityFigures Figures { get; init; }

    public required DateTimeOffset From { get; init; }

    /// <summary>When the figures were last seen to hold: the end of the span as far as anybody knows.</summary>
    public required DateTimeOffset SeenAt { get; init; }

    /// <summary>The part of the span in which nobody looked, with the same figures before and after it.</summary>
    public TimeSpan Guessed { get; init; }

    /// <summary>Behind <see cref="SeenAt"/>: how long nobody looked until it was gone or another. Not part of the span.</summary>
    public TimeSpan Unobserved { get; init; }

    public bool IsOpen { get; init; } = true;

    public TimeSpan Length => SeenAt - From;
}
