using System.Globalization;
using System.Text.Json.Nodes;
using Rouse.FakeRunpod.Http;
using Rouse.FakeRunpod.World;

namespace Rouse.FakeRunpod.Catalog;

/// <summary><c>/v2/catalog</c>: GPUs and data centres, with live stock where it is asked for.</summary>
internal sealed class CatalogRoutes(RunpodWorld world)
{
    private static readonly string[] s_cuda = ["12.4", "12.6", "12.8"];
    private static readonly string[] s_onlyWithStock = ["product", "count", "cloud", "countryCodes", "cudaVersions", "minCudaVersion"];

    public void Map(Router router)
    {
        router.Get("/v2/catalog/gpus", call => Refuse(call) ?? Answer.Ok(new JsonObject { ["gpus"] = Json.Array(GpuFact.All.Select(gpu => View(gpu, call))) }));
        router.Get("/v2/catalog/gpus/{id}", call => Refuse(call)
            ?? (GpuFact.All.FirstOrDefault(gpu => gpu.Id == call.Id) is { } gpu ? Answer.Ok(View(gpu, call)) : Answer.NotFound("GPU type")));
        router.Get("/v2/catalog/datacenters", call => Answer.Ok(new JsonObject { ["dataCenters"] = Json.Array(Regions(call).Select(center => View(center, call))) }));
        router.Get("/v2/catalog/datacenters/{id}", call =>
            DataCenterFact.All.FirstOrDefault(center => center.Id == call.Id) is { } center
                ? Answer.Ok(View(center, call))
                : Answer.NotFound("data center"));
    }

    private static Answer? Refuse(Call call)
    {
        var include = call.QueryList("include");
        if (include is not ([] or ["AVAILABILITY"])) return Answer.Invalid("query.include: expected AVAILABILITY");
        if (call.QueryList("product").Any(static product => product is not ("POD" or "SERVERLESS" or "CLUSTER")))
        {
            return Answer.Invalid("query.product: expected POD, CLUSTER or SERVERLESS");
        }

        if (call.Query("count") is { } count && !(int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var gpus) && gpus >= 1))
        {
            return Answer.Invalid("query.count: minimum is 1");
        }

        if (include is [] && s_onlyWithStock.FirstOrDefault(name => call.Query(name) is not null) is { } name)
        {
            return Answer.Problem(400, $"{name} requires include=AVAILABILITY");
        }

        return include is ["AVAILABILITY"] && call.QueryList("product") is [] ? Answer.Problem(400, "include=AVAILABILITY requires product") : null;
    }

    private JsonNode View(GpuFact gpu, Call call)
    {
        var stock = world.Market.Of(gpu);
        var price = new JsonObject { ["secure"] = world.Market.PodPrice(gpu, "SECURE"), ["community"] = world.Market.PodPrice(gpu, "COMMUNITY") };
        if (gpu.Pool is not null) price["serverless"] = stock.ServerlessPrice;
        var view = new JsonObject
        {
            ["id"] = gpu.Id,
            ["name"] = gpu.Name,
            ["pool"] = gpu.Pool,
            ["manufacturer"] = "NVIDIA",
            ["memory"] = gpu.MemoryGb,
            ["secure"] = gpu.Secure > 0,
            ["community"] = gpu.Community > 0,
            ["price"] = price,
            ["maxCount"] = new JsonObject { ["secure"] = 8, ["community"] = gpu.Community > 0 ? 4 : 0 },
        };
        if (call.QueryList("include") is []) return view;

        var count = call.Query("count") is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : 1;
        var countries = call.QueryList("countryCodes");
        var centers = DataCenterFact.All
            .Where(center => stock.DataCenters.Contains(center.Id, StringComparer.Ordinal) && (countries is [] || countries.Contains(center.Country, StringComparer.Ordinal)))
            .ToList();
        var cannotServe = gpu.Pool is null && call.QueryList("product") is ["SERVERLESS"];
        var isSoldOut = stock.Level is null && world.Market.Free(stock) < count;
        var level = cannotServe || centers.Count == 0 || isSoldOut ? "NONE" : world.Market.Level(stock);
        view["availability"] = level;
        view["cudaVersions"] = Json.Array(s_cuda.Select(version => (JsonNode)new JsonObject { ["version"] = version, ["available"] = level != "NONE" }));
        if (level != "NONE")
        {
            view["dataCenters"] = Json.Array(centers.Select(center => (JsonNode)new JsonObject { ["id"] = center.Id, ["name"] = center.Name, ["availability"] = level }));
        }

        return view;
    }

    private static IEnumerable<DataCenterFact> Regions(Call call) =>
        DataCenterFact.All.Where(center => call.QueryList("regions") is var regions && (regions is [] || regions.Contains(center.Region, StringComparer.Ordinal)));

    private JsonNode View(DataCenterFact center, Call call)
    {
        var view = new JsonObject
        {
            ["id"] = center.Id,
            ["name"] = center.Name,
            ["region"] = center.Region,
            ["networkVolumeTypes"] = Json.Array(["STANDARD"]),
            ["compliance"] = center.Region == "EUROPE" ? Json.Array(["GDPR"]) : new JsonArray(),
            ["globalNetwork"] = true,
        };
        if (call.QueryList("include").Contains("GPU_AVAILABILITY", StringComparer.Ordinal))
        {
            view["gpuAvailability"] = Json.Array(GpuFact.All.Where(gpu => world.Market.Of(gpu).DataCenters.Contains(center.Id, StringComparer.Ordinal))
                .Select(gpu => (JsonNode)new JsonObject { ["id"] = gpu.Id, ["name"] = gpu.Name, ["availability"] = world.Market.Level(world.Market.Of(gpu)) }));
        }

        return view;
    }
}
