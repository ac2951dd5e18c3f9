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

/// <param name="Kind">
/// <c>cold_start</c>, <c>failed_start</c>, <c>serving</c>, <c>idle</c>, <c>serving_and_idle</c> (where the two cannot be told apart), <c>storage</c>,
/// <c>hibernated_storage</c>, <c>cache_storage</c>, <c>cache_requests</c> or <c>cache_egress</c>.
/// </param>
/// <param name="Source"><c>metered</c>: watched. <c>estimated</c>: nobody watched, and the same ran before and after.</param>
/// <param name="Seconds">Of workers; of storage while it was kept.</param>
/// <param name="PricePerHourUsd">Null when it is not known, and then no sum counts the part.</param>
public sealed record CostPart(string Kind, string Source, double Seconds, decimal? PricePerHourUsd = null, decimal? Usd = null)
{
    /// <summary>Of what is not counted by time: <see cref="Unit"/>s.</summary>
    public decimal? Quantity { get; init; }

    /// <summary><c>GB-month</c>, <c>request</c> or <c>GB</c>.</summary>
    public string? Unit { get; init; }
}

/// <summary>The provider's own bill of the backends counted here, beside what was metered of them.</summary>
/// <param name="Source"><c>billed</c>.</param>
/// <param name="Usd">Null when the provider did not tell; <see cref="Error"/> says why.</param>
/// <param name="ResidualUsd">Billed less metered. Bills are made out late: soon after the end it is below zero.</param>
/// <param name="From">The billed window: whole hours.</param>
public sealed record CostBill(
    string Source, decimal? Usd = null, decimal? ResidualUsd = null, DateTimeOffset? From = null, DateTimeOffset? To = null, string? Error = null);
