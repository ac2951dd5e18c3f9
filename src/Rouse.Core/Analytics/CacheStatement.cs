namespace Rouse.Core.Analytics;

/// <summary>What an object store asks, in US dollars. The defaults are the list prices of S3 Standard in us-east-1 for the first 50 TB, without free allowances.</summary>
/// <param name="StoragePerGbMonth">For a GB (2^30 bytes) kept for a month (730 h).</param>
/// <param name="WritesPerThousand">For a thousand PUT, POST and LIST requests.</param>
/// <param name="ReadsPerThousand">For a thousand GET and HEAD requests.</param>
/// <param name="EgressPerGb">For a GB that leaves the store for the internet.</param>
public sealed record CachePrices(decimal StoragePerGbMonth = 0.023m, decimal WritesPerThousand = 0.005m, decimal ReadsPerThousand = 0.0004m, decimal EgressPerGb = 0.09m);

/// <param name="Bytes">That were kept.</param>
/// <param name="Length">For how long, until now or until they were removed.</param>
/// <param name="IsKept">They still are.</param>
/// <param name="Writes">Requests that put them there and removed them.</param>
/// <param name="Reads">Requests beside those.</param>
public sealed record CacheStay(long Bytes, TimeSpan Length, bool IsKept, long Writes, long Reads);

/// <summary>The cache's part in a deployment's cost: what it had stored, and what its workers loaded. Pure.</summary>
/// <param name="StorageGbMonths">Of what this deployment caused to be stored; it is counted on no other, and goes on when the deployment has ended.</param>
/// <param name="Stored">How long anything was.</param>
/// <param name="EgressGb">What its workers loaded.</param>
public sealed record CacheStatement(decimal StorageGbMonths, TimeSpan Stored, long Writes, long Reads, decimal EgressGb, decimal KeptGb, CachePrices Prices)
{
    private const decimal BytesPerGb = 1L << 30;
    private const decimal HoursPerMonth = 730;
    private const decimal TicksPerHour = TimeSpan.TicksPerHour;
    private const decimal Thousand = 1000;

    public decimal StorageUsd => StorageGbMonths * Prices.StoragePerGbMonth;

    public decimal RequestsUsd => ((Writes * Prices.WritesPerThousand) + (Reads * Prices.ReadsPerThousand)) / Thousand;

    public decimal EgressUsd => EgressGb * Prices.EgressPerGb;

    public decimal Usd => StorageUsd + RequestsUsd + EgressUsd;

    /// <summary>What is kept costs this by the hour.</summary>
    public decimal NowUsdPerHour => KeptGb * Prices.StoragePerGbMonth / HoursPerMonth;

    /// <param name="workerReads">Requests of workers.</param>
    /// <param name="workerBytes">That workers loaded.</param>
    public static CacheStatement From(IReadOnlyList<CacheStay> stays, long workerReads, long workerBytes, CachePrices prices) => new(
        stays.Sum(stay => stay.Bytes / BytesPerGb * (stay.Length.Ticks / TicksPerHour / HoursPerMonth)),
        stays.Select(stay => stay.Length).DefaultIfEmpty().Max(),
        stays.Sum(stay => stay.Writes),
        stays.Sum(stay => stay.Reads) + workerReads,
        workerBytes / BytesPerGb,
        stays.Where(stay => stay.IsKept).Sum(stay => stay.Bytes / BytesPerGb),
        prices);
}
