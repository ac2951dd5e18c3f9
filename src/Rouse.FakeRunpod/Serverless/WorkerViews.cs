using System.Text.Json.Nodes;
using Rouse.FakeRunpod.Http;

namespace Rouse.FakeRunpod.Serverless;

/// <summary>What <c>…/workers</c> and <c>…/releases</c> show.</summary>
internal static class WorkerViews
{
    public static JsonObject List(ServerlessEndpoint endpoint) => new()
    {
        ["workers"] = Json.Array(endpoint.Workers.Select(View)),
        ["summary"] = new JsonObject
        {
            ["running"] = Count(endpoint, WorkerState.Running),
            ["idle"] = Count(endpoint, WorkerState.Idle),
            ["initializing"] = Count(endpoint, WorkerState.Initializing),
            ["throttled"] = Count(endpoint, WorkerState.Throttled),
            ["unhealthy"] = Count(endpoint, WorkerState.Unhealthy),
            ["total"] = endpoint.Workers.Count,
        },
        ["endpointVersion"] = endpoint.Version,
    };

    public static JsonObject Releases(ServerlessEndpoint endpoint)
    {
        var latest = endpoint.Workers.Count(static worker => !worker.IsStale);
        var total = endpoint.Workers.Count;
        return new JsonObject
        {
            ["endpointVersion"] = endpoint.Version,
            ["rollout"] = new JsonObject
            {
                ["inProgress"] = latest < total,
                ["workersOnLatest"] = latest,
                ["workersTotal"] = total,
                ["percentOnLatest"] = total == 0 ? 0 : 100 * latest / total,
            },
            ["releases"] = Json.Array(endpoint.Releases.AsEnumerable().Reverse().Select(release => (JsonNode)new JsonObject
            {
                ["id"] = release.Id,
                ["version"] = release.Version,
                ["source"] = "MANUAL",
                ["buildId"] = null,
                ["createdByUserId"] = null,
                ["workerCount"] = endpoint.Workers.Count(worker => worker.Version == release.Version),
                ["createdAt"] = release.CreatedAt.UtcDateTime,
                ["diff"] = release.Diff.DeepClone(),
            })),
        };
    }

    public static int Count(ServerlessEndpoint endpoint, WorkerState state) => endpoint.Workers.Count(worker => worker.State == state);

    private static JsonNode View(Worker worker) => new JsonObject
    {
        ["id"] = worker.Id,
        ["status"] = worker.State.ToString().ToUpperInvariant(),
        ["isStale"] = worker.IsStale,
        ["version"] = worker.Version,
        ["gpuCount"] = worker.GpuCount,
        ["image"] = worker.Image,
        ["uptimeSeconds"] = worker.Container is { IsRunning: true, Since: { } since } ? (long)(worker.Now - since).TotalSeconds : null,
        ["gpuTypeId"] = worker.Place?.GpuTypeId,
        ["dataCenterId"] = worker.Place?.DataCenterId,
        ["startedAt"] = worker.Container.Since?.UtcDateTime,
    };
}
