using System.Globalization;
using Rouse.Contracts.Costs;
using Rouse.Core.Analytics;
using Rouse.Core.Deployments;
using Rouse.Store.Caching;

namespace Rouse.Server.Features.Costs;

/// <summary>What a deployment's cache cost, at the configured prices: counted from what was stored and what workers say they loaded, never from a bill.</summary>
internal sealed class CacheCosts(CacheStore cache, CachePrices prices, TimeProvider time)
{
    /// <returns>Null for a deployment without a cache.</returns>
    public async ValueTask<CacheStatement?> FindAsync(DeploymentState row, CancellationToken ct)
    {
        if (row.Spec.Cache == CacheScope.Off) return null;
        var (entries, use) = (await cache.OfDeploymentAsync(row.Tenant, row.Id, ct), await cache.UseAsync(row.Tenant, row.Id, ct));
        return CacheStatement.From([.. entries.Select(Stay)], use.Reads, use.Bytes, prices);
    }

    public static IEnumerable<CostPart> Parts(CacheStatement cost)
    {
        if (cost.StorageGbMonths > 0) yield return Part("cache_storage", cost.StorageGbMonths, "GB-month", cost.StorageUsd, Math.Round(cost.Stored.TotalSeconds, 3));
        if (cost.Writes + cost.Reads > 0) yield return Part("cache_requests", cost.Writes + cost.Reads, "request", cost.RequestsUsd);
        if (cost.EgressGb > 0) yield return Part("cache_egress", cost.EgressGb, "GB", cost.EgressUsd);
    }

    public static string Note(CacheScope scope, CachePrices prices) => string.Create(
        CultureInfo.InvariantCulture,
        $"The cache's part is an estimate: {prices.StoragePerGbMonth} $ per GB-month, {prices.WritesPerThousand} $ per 1000 writes, {prices.ReadsPerThousand} $ per 1000 reads, {prices.EgressPerGb} $ per GB out; ")
        + (scope == CacheScope.Private ? "your store's bill says what you pay." : "the server's operator pays it.");

    private CacheStay Stay(CacheEntry entry)
    {
        var length = entry.StoredAt is { } since ? (entry.RemovedAt ?? time.GetUtcNow()) - since : TimeSpan.Zero;
        return new CacheStay(entry.Bytes, length > TimeSpan.Zero ? length : TimeSpan.Zero, entry is { StoredAt: not null, RemovedAt: null }, entry.Writes, entry.Reads);
    }

    private static CostPart Part(string kind, decimal quantity, string unit, decimal usd, double seconds = 0) =>
        new(kind, "estimated", seconds, Usd: CostViews.Dollars(usd)) { Quantity = Math.Round(quantity, 9), Unit = unit };
}
