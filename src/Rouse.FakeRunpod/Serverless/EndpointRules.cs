using System.Globalization;
using System.Text.Json.Nodes;
using Rouse.FakeRunpod.Accounts;
using Rouse.FakeRunpod.Catalog;
using Rouse.FakeRunpod.Http;
using Rouse.FakeRunpod.World;

namespace Rouse.FakeRunpod.Serverless;

/// <summary>What a body may not say although each of its members is well formed. Wording is this fake's own where Runpod's is not known.</summary>
internal static class EndpointRules
{
    /// <param name="world">For the catalogue and the account's quota.</param>
    /// <param name="account">Whose endpoint.</param>
    /// <param name="settings">As they would be.</param>
    /// <param name="own">The endpoint that is edited; null for a new one.</param>
    public static Answer? Check(RunpodWorld world, Account account, JsonObject settings, ServerlessEndpoint? own)
    {
        if (settings.ContainsKey("gpu") == settings.ContainsKey("cpu")) return Bad("exactly one of gpu or cpu must be provided");
        if (settings["gpu"] is JsonObject gpu && Gpu(world, gpu) is { } fault) return Bad(fault);
        var isQueue = settings.TextAt("type") == "QUEUE";
        var isCounted = settings["scaling"].TextAt("type") == "REQUEST_COUNT";
        var workers = settings["workers"];
        if (!isQueue && !isCounted) return Bad("load-balancing endpoints require scaling.type REQUEST_COUNT");
        if (isQueue && isCounted && workers!["idleTimeout"] is not null)
        {
            return Bad("workers.idleTimeout is not applicable to queue-based endpoints scaling on requestCount");
        }

        var (min, max) = (workers.WholeAt("min")!.Value, workers.WholeAt("max")!.Value);
        if (min > max) return Bad("workers.min must not be greater than workers.max");
        if (settings.TextsAt("networkVolumes").FirstOrDefault(id => world.Volumes.Find(account, id) is null) is { } volume)
        {
            return Answer.NotFound($"network volume {volume}");
        }

        if (settings.TextsAt("dataCenterIds").FirstOrDefault(id => DataCenterFact.All.All(center => center.Id != id)) is { } center)
        {
            return Bad($"unknown data center {center}");
        }

        var others = world.Endpoints.Alive.Where(endpoint => endpoint.Account == account && endpoint != own).Sum(static endpoint => endpoint.Max);
        var quota = world.QuotaOf(account);
        // An edit that takes workers away is never refused, else nobody could get below a quota that has shrunk.
        var grows = own is null || max > own.Max;
        return grows && others + max > quota
            ? Bad(string.Create(CultureInfo.InvariantCulture, $"Max workers across all endpoints must not exceed your workers quota: at most {quota}, {others} already allocated."))
            : null;
    }

    private static string? Gpu(RunpodWorld world, JsonObject gpu)
    {
        var pools = gpu.TextsAt("pools");
        var types = GpuFact.All
            .Where(fact => fact.Pool is { } pool && pools.Contains(pool, StringComparer.Ordinal))
            .Select(static fact => fact.Id)
            .ToList();
        var excluded = gpu.TextsAt("excludedTypes").Select(static type => type.Trim()).ToList();
        if (pools.FirstOrDefault(pool => world.Market.Find(pool) is null || GpuFact.All.All(fact => fact.Pool != pool)) is { } unknown)
        {
            return $"unknown GPU pool {unknown}";
        }

        if (excluded.FirstOrDefault(type => !types.Contains(type, StringComparer.Ordinal)) is { } stray)
        {
            return $"excludedTypes: {stray} is not a GPU type in the selected pools";
        }

        if (types.All(type => excluded.Contains(type, StringComparer.Ordinal))) return "excludedTypes leaves no GPU type in the selected pools";
        return gpu.TextsAt("allowedCudaVersions").Count > 0 && gpu.TextAt("minCudaVersion") is not null
            ? "allowedCudaVersions and minCudaVersion are mutually exclusive"
            : null;
    }

    private static Answer Bad(string detail) => Answer.Problem(400, detail);
}
