namespace Rouse.Contracts.Costs;

/// <summary>Answer of <c>GET /v1/deployments/{id}/cost</c>: what was seen to run, at the price it was ordered at. A deleted deployment keeps it.</summary>
public sealed record DeploymentCost
{
    public required string DeploymentId { get; init; }

    public string? Name { get; init; }

    public required string Status { get; init; }

    public required string Provider { get; init; }

    /// <summary>The offer its last attempt took; also after it ended.</summary>
    public string? GpuAllocated { get; init; }

    public string? Region { get; init; }

    /// <summary>Hours of workers, ready or on their way to it: two workers for an hour are two hours.</summary>
    public required double HoursRunning { get; init; }

    /// <summary>Of one worker of the offer its last attempt took; null before the first.</summary>
    public decimal? PricePerHourUsd { get; init; }

    /// <summary>The sum of the parts.</summary>
    public required decimal EstimatedCostUsd { get; init; }

    /// <summary>What the figures are, and what they leave out.</summary>
    public required string Note { get; init; }

    /// <summary><c>USD</c>.</summary>
    public string Currency { get; init; } = "USD";

    /// <summary>Every dollar under what it was spent on.</summary>
    public required IReadOnlyList<CostPart> Parts { get; init; }

    /// <summary>What it costs now, by the hour, as last seen: workers and storage.</summary>
    public required decimal NowUsdPerHour { get; init; }

    /// <summary>What it costs now while no worker runs; null where nothing is stored.</summary>
    public decimal? StorageUsdPerHour { get; init; }

    /// <summary>How long something may have run, at the ends of what was seen, without anybody looking. No part counts it.</summary>
    public required double UnobservedSeconds { get; init; }

    /// <summary>When its backend was last seen; null when none ever was.</summary>
    public DateTimeOffset? SeenUntil { get; init; }

    /// <summary>What the provider itself asks for, where it tells.</summary>
    public CostBill? Bill { get; init; }
}
