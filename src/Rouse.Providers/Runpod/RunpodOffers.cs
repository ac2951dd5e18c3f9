using Rouse.Core.Ports;

namespace Rouse.Providers.Runpod;

/// <summary>From Runpod's catalogue to offers. Pure. What has no price is not offered: nobody could say what it costs.</summary>
internal static class RunpodOffers
{
    private const decimal SecondsPerHour = 3600;

    /// <summary>One offer per serverless pool. A worker may get any GPU of it, so the smallest and the dearest count.</summary>
    /// <param name="centers">Only stock there counts; null for anywhere.</param>
    public static IReadOnlyList<Offer> OfPools(IReadOnlyList<GpuReply> gpus, string provider, string? region, IReadOnlyList<string>? centers) =>
    [
        .. gpus.Where(gpu => gpu is { Pool.Length: > 0, Price.Serverless: > 0, Memory: > 0 })
            .GroupBy(gpu => gpu.Pool!, StringComparer.Ordinal)
            .Select(pool => (Pool: pool.Key, Gpus: pool.Where(gpu => IsSoldIn(gpu, centers)).ToList()))
            .Where(pool => pool.Gpus.Count > 0)
            .Select(pool => new Offer(
                provider, pool.Pool, pool.Gpus.Min(gpu => gpu.Memory), pool.Gpus.Max(gpu => gpu.Price!.Serverless!.Value) / SecondsPerHour, region)
            {
                Pool = pool.Pool,
                Gpus = string.Join(", ", pool.Gpus.Select(Name).Order(StringComparer.Ordinal)),
                Stock = pool.Gpus.Max(gpu => StockOf(gpu, centers)),
            }),
    ];

    /// <summary>One offer per GPU type on Runpod's own hardware.</summary>
    public static IReadOnlyList<Offer> OfTypes(IReadOnlyList<GpuReply> gpus, string provider, string? region, IReadOnlyList<string>? centers) =>
    [
        .. gpus.Where(gpu => gpu is { Id.Length: > 0, Secure: true, Price.Secure: > 0, Memory: > 0 } && IsSoldIn(gpu, centers))
            .Select(gpu => new Offer(provider, gpu.Id!, gpu.Memory, gpu.Price!.Secure!.Value / SecondsPerHour, region)
            {
                Pool = gpu.Pool,
                Gpus = Name(gpu),
                Stock = StockOf(gpu, centers),
            }),
    ];

    private static string Name(GpuReply gpu) => gpu.Name ?? gpu.Id ?? "?";

    // Data centers are left out when there is no stock in any: sold out is not unsold.
    private static bool IsSoldIn(GpuReply gpu, IReadOnlyList<string>? centers) =>
        centers is null || gpu.DataCenters is null or { Count: 0 } || Places(gpu, centers).Any();

    private static Stock StockOf(GpuReply gpu, IReadOnlyList<string>? centers) =>
        centers is null ? Level(gpu.Availability) : Places(gpu, centers).Select(place => Level(place.Availability)).DefaultIfEmpty(Stock.None).Max();

    private static IEnumerable<PlaceReply> Places(GpuReply gpu, IReadOnlyList<string> centers) =>
        (gpu.DataCenters ?? []).Where(place => centers.Contains(place.Id, StringComparer.OrdinalIgnoreCase));

    // A level we do not know is taken for little: it is tried, after those that promise more.
    private static Stock Level(string? word) => word switch
    {
        "NONE" => Stock.None,
        "MEDIUM" => Stock.Medium,
        "HIGH" => Stock.High,
        _ => Stock.Low,
    };
}
