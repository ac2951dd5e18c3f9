using System.Text.Json.Nodes;
using Rouse.FakeRunpod.Http;

namespace Rouse.FakeRunpod.Pods;

/// <summary>The bodies of <c>/v2/pods</c>, and a pod as responses show it.</summary>
internal static class PodBody
{
    private const string CudaVersion = @"^\d+\.\d+$";

    private static readonly Rule s_mounts = Rules.Object(
        ("persistent", Rules.Object(("size*", Rules.Whole(10)), ("path*", Rules.Text()))),
        ("network", Rules.ListOf(Rules.Object(("volumeId*", Rules.Text()), ("path*", Rules.Text())), 0, 1)));

    public static readonly Rule Create = Rules.Object(
    [
        .. ContainerBody.Members,
        ("name*", Rules.Text(1)), ("cloud", Rules.Word("SECURE", "COMMUNITY")), ("cpu", Rules.Object(("id*", Rules.Text(1)), ("vcpuCount*", Rules.Whole(2)))),
        ("dataCenterIds", Rules.ListOf(Rules.Text())), ("globalNetworking", Rules.Flag), ("mounts", s_mounts), ("startJupyter", Rules.Flag),
        ("startSsh", Rules.Flag), ("templateId", Rules.Text(1)),
        ("gpu", Rules.Object(
            ("id*", Rules.Text()), ("count", Rules.Whole(1)), ("allowedCudaVersions", Rules.ListOf(Rules.Text(0, CudaVersion))), ("minCudaVersion", Rules.Text(0, CudaVersion)))),
    ]);

    public static readonly Rule Update = Rules.Object(
    [
        .. ContainerBody.Members,
        ("globalNetworking", Rules.Flag), ("locked", Rules.Flag), ("mounts", s_mounts), ("name", Rules.Text(1)), ("templateId", Rules.Text()),
    ]);

    public static readonly Rule Action = Rules.Object(("action*", Rules.Word("start", "stop", "restart", "terminate")));

    public static JsonObject Settings(JsonObject body, JsonObject? template)
    {
        var settings = ContainerBody.Defaults();
        ContainerBody.Apply(settings, template);
        ContainerBody.Apply(settings, body, mergeEnv: true);
        settings["name"] = body["name"]!.DeepClone();
        settings["mounts"] = (body["mounts"] ?? template?["mounts"])?.DeepClone() ?? new JsonObject();
        settings["cloud"] = body["cloud"]?.DeepClone() ?? "SECURE";
        settings["template"] = body["templateId"]?.DeepClone();
        settings["locked"] = false;
        settings["globalNetworking"] = new JsonObject { ["enabled"] = body["globalNetworking"]?.DeepClone() ?? false };
        if (body["gpu"] is JsonObject gpu)
        {
            settings["gpu"] = new JsonObject { ["id"] = gpu["id"]!.DeepClone(), ["count"] = gpu["count"]?.DeepClone() ?? 1 };
        }

        if (body["cpu"] is JsonObject cpu)
        {
            settings["cpu"] = new JsonObject { ["id"] = cpu["id"]!.DeepClone(), ["vcpuCount"] = cpu["vcpuCount"]!.DeepClone(), ["memory"] = cpu.WholeAt("vcpuCount") * 2 };
        }

        return settings;
    }

    public static JsonNode View(Pod pod, DateTimeOffset now)
    {
        var isRunning = pod.State == PodState.Running;
        var view = (JsonObject)pod.Body.DeepClone();
        view["id"] = pod.Id;
        view["status"] = pod.State.ToString().ToUpperInvariant();
        view["actions"] = Json.Array(pod.Actions);
        view["dataCenterId"] = pod.DataCenterId;
        view["cudaVersion"] = "12.8";
        view["ssh"] = new JsonObject { ["proxy"] = null, ["direct"] = null };
        view["cost"] = pod.State is PodState.Exited ? 0m : pod.DollarsPerHour;
        view["runtime"] = isRunning && pod.Container.Since is { } since ? new JsonObject { ["uptime"] = (long)(now - since).TotalSeconds } : null;
        view["createdAt"] = pod.CreatedAt.UtcDateTime;
        view["startedAt"] = pod.Container.Since?.UtcDateTime;
        return view;
    }
}
