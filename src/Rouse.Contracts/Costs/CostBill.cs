namespace Rouse.Contracts.Costs;

/// <summary>The provider's own bill of the backends counted here, beside what was metered of them.</summary>
/// <param name="Source"><c>billed</c>.</param>
/// <param name="Usd">Null when the provider did not tell; <see cref="Error"/> says why.</param>
/// <param name="ResidualUsd">Billed less metered. Bills are made out late: soon after the end it is below zero.</param>
/// <param name="From">The billed window: whole hours.</param>
public sealed record CostBill(
    string Source, decimal? Usd = null, decimal? ResidualUsd = null, DateTimeOffset? From = null, DateTimeOffset? To = null, string? Error = null);

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
