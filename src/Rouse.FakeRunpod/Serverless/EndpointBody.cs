using System.Text.Json.Nodes;
using Rouse.FakeRunpod.Http;

namespace Rouse.FakeRunpod.Serverless;

/// <summary>The bodies of <c>POST</c> and <c>PATCH /v2/serverless</c>, and the full settings a response shows.</summary>
internal static class EndpointBody
{
    private const string CudaVersion = @"^\d+\.\d+$";

    private static readonly Rule s_scaling = Rules.ByWord(
        "type",
        ("QUEUE_DELAY", Rules.Object(("type*", Rules.Text()), ("queueDelay*", Rules.Number(0.5)))),
        ("REQUEST_COUNT", Rules.Object(("type*", Rules.Text()), ("requestCount*", Rules.Whole(1)))));

    private static readonly Rule s_workers = Rules.Object(("min", Rules.Whole(0)), ("max", Rules.Whole(0)), ("idleTimeout", Rules.Whole(1, 3600)));

    private static readonly Rule s_cpu = Rules.ListOf(Rules.Object(("id*", Rules.Text(1)), ("vcpuCount*", Rules.Whole(2))), 1);

    public static readonly Rule Create = Rules.Object(
    [
        .. ContainerBody.Members, .. Shared,
        ("name*", Rules.Text(1)), ("type*", Rules.Word("QUEUE", "LOAD_BALANCER")), ("scaling*", s_scaling), ("templateId", Rules.Text(1)),
        ("gpu", Gpu("pools*", CudaVersion)),
    ]);

    public static readonly Rule Update = Rules.Object(
    [
        .. ContainerBody.Members, .. Shared,
        ("name", Rules.Text(1)), ("scaling", s_scaling), ("templateId", Rules.Text()), ("gpu", Gpu("pools", "^$|" + CudaVersion)),
    ]);

    private static (string, Rule)[] Shared =>
    [
        ("cpu", s_cpu), ("dataCenterIds", Rules.ListOf(Rules.Text())), ("flashboot", Rules.Word("OFF", "FLASHBOOT", "PRIORITY_FLASHBOOT")),
        ("networkVolumes", Rules.ListOf(Rules.Text())), ("timeout", Rules.Whole()), ("workers", s_workers),
    ];

    /// <summary>The settings of a new endpoint: the body over the template over the defaults.</summary>
    public static JsonObject Settings(JsonObject body, JsonObject? template)
    {
        var scaling = body["scaling"]!.DeepClone();
        var isCounted = scaling.TextAt("type") == "REQUEST_COUNT" && body.TextAt("type") == "QUEUE";
        var workers = new JsonObject { ["min"] = 0, ["max"] = 3 };
        if (!isCounted) workers["idleTimeout"] = 10;
        var settings = ContainerBody.Defaults();
        ContainerBody.Apply(settings, template);
        ContainerBody.Apply(settings, body, mergeEnv: true);
        settings["name"] = body["name"]!.DeepClone();
        settings["type"] = body["type"]!.DeepClone();
        settings["scaling"] = scaling;
        settings["workers"] = Merge(workers, body["workers"]);
        settings["timeout"] = body["timeout"]?.DeepClone() ?? 300_000;
        settings["flashboot"] = body["flashboot"]?.DeepClone() ?? "OFF";
        settings["dataCenterIds"] = body["dataCenterIds"]?.DeepClone() ?? new JsonArray();
        settings["networkVolumes"] = body["networkVolumes"]?.DeepClone() ?? new JsonArray();
        if (body["gpu"] is JsonObject gpu)
        {
            var full = new JsonObject { ["count"] = 1, ["excludedTypes"] = new JsonArray(), ["allowedCudaVersions"] = new JsonArray(), ["minCudaVersion"] = null };
            if (template?["allowedCudaVersions"] is JsonArray allowed && !gpu.ContainsKey("minCudaVersion"))
            {
                full["allowedCudaVersions"] = allowed.DeepClone();
            }

            settings["gpu"] = Merge(full, gpu);
        }

        if (body["cpu"] is JsonArray cpu) settings["cpu"] = new JsonArray([.. cpu.Select(WithMemory)]);
        return settings;
    }

    /// <summary>Applies an edit to settings; members the body does not name stay.</summary>
    public static void Edit(JsonObject settings, JsonObject body, JsonObject? template)
    {
        ContainerBody.Apply(settings, template);
        ContainerBody.Apply(settings, body, mergeEnv: template is not null);
        foreach (var name in new[] { "name", "scaling", "timeout", "flashboot", "dataCenterIds", "networkVolumes" })
        {
            if (body[name] is { } value) settings[name] = value.DeepClone();
        }

        settings["workers"] = Merge((JsonObject)settings["workers"]!.DeepClone(), body["workers"]);
        if (body["cpu"] is JsonArray cpu) settings["cpu"] = new JsonArray([.. cpu.Select(WithMemory)]);
        if (body["gpu"] is not JsonObject gpu) return;
        var full = (JsonObject)settings["gpu"]!.DeepClone();
        // Pools and exclusions are one selection: naming the one without the other clears the exclusions.
        if (gpu.ContainsKey("pools")) full["excludedTypes"] = new JsonArray();
        full = Merge(full, gpu);
        if (full.TextAt("minCudaVersion") is "") full["minCudaVersion"] = null;
        settings["gpu"] = full;
    }

    private static Rule Gpu(string pools, string minimum) => Rules.Object(
        (pools, Rules.ListOf(Rules.Text(), 1)), ("excludedTypes", Rules.ListOf(Rules.Text())), ("count", Rules.Whole(1)),
        ("allowedCudaVersions", Rules.ListOf(Rules.Text(0, CudaVersion))), ("minCudaVersion", Rules.Text(0, minimum)));

    /// <summary>2 GB for each vCPU: the smallest multiplier of the catalogue.</summary>
    private static JsonNode WithMemory(JsonNode? cpu)
    {
        var full = (JsonObject)cpu!.DeepClone();
        full["memory"] = full.WholeAt("vcpuCount") * 2;
        return full;
    }

    private static JsonObject Merge(JsonObject under, JsonNode? over)
    {
        if (over is JsonObject map)
        {
            foreach (var (name, value) in map) under[name] = value?.DeepClone();
        }

        return under;
    }
}
