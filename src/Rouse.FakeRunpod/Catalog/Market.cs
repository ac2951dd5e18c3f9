using Rouse.FakeRunpod.World;

namespace Rouse.FakeRunpod.Catalog;

/// <summary>What can be had, and who has it.</summary>
internal sealed class Market(RunpodWorld world)
{
    /// <summary>At least this many free GPUs are called HIGH, and half of it MEDIUM; this fake's own figure.</summary>
    private const int ManyFree = 10;

    private readonly Dictionary<string, Stock> _stock = GpuFact.All
        .GroupBy(static gpu => gpu.Pool ?? gpu.Id, StringComparer.Ordinal)
        .ToDictionary(
            static pool => pool.Key,
            static pool => new Stock(pool.Key, pool.First().Serverless ?? 0, DataCenterFact.All.Select(static center => center.Id)),
            StringComparer.Ordinal);

    /// <summary>By pool id, or GPU type id where a type is in no pool.</summary>
    public Stock? Find(string pool) => _stock.GetValueOrDefault(pool);

    public Stock Of(GpuFact gpu) => _stock[gpu.Pool ?? gpu.Id];

    public decimal PodPrice(GpuFact gpu, string cloud) =>
        Of(gpu).PodPrices.TryGetValue(gpu.Id, out var price) ? price : cloud == "COMMUNITY" ? gpu.Community : gpu.Secure;

    public int Free(Stock stock) => stock.Capacity - Taken(stock.Pool);

    public string Level(Stock stock) => stock.Level ?? Free(stock) switch
    {
        >= ManyFree => "HIGH",
        >= ManyFree / 2 => "MEDIUM",
        > 0 => "LOW",
        _ => "NONE",
    };

    private int Taken(string pool) =>
        world.Endpoints.Alive
            .SelectMany(static endpoint => endpoint.Workers)
            .Where(worker => worker.Place?.Pool == pool).Sum(static worker => worker.GpuCount)
        + world.Pods.Alive.Where(pod => pod.HoldsGpu && pod.Pool == pool).Sum(static pod => pod.GpuCount);
}
