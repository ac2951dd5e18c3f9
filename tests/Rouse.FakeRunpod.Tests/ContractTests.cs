using System.Net;
using System.Text.Json.Nodes;
using Rouse.TestKit.Runpod;
using Rouse.TestKit.Time;

namespace Rouse.FakeRunpod.Tests;

/// <summary>The fake against Runpod's own document: what it answers, and what it takes, are of that document.</summary>
public sealed class ContractTests : ServerFixture
{
    [OpenApiFact]
    public async Task EveryAnswer_IsAsTheDocumentSays()
    {
        await UseEverythingAsync();
        Assert.NotEmpty(Runpod.Calls);
        Assert.Empty(OpenApiCheck.Load()!.Responses(Runpod.Calls));
    }

    [OpenApiFact]
    public async Task EveryRequestItTook_IsOfTheDocument()
    {
        await UseEverythingAsync();
        Assert.Empty(OpenApiCheck.Load()!.Requests(Runpod.Calls.Where(static call => call.Status is 200 or 201 or 204)));
    }

    [OpenApiFact]
    public async Task EveryRequestItRefusedAsMalformed_TheDocumentRefusesToo()
    {
        JsonObject[] malformed =
        [
            Bodies.Endpoint(static body => body["bogus"] = 1),
            Bodies.Endpoint(static body => body.Remove("scaling")),
            Bodies.Endpoint(static body => body.Remove("image")),
            Bodies.Endpoint(static body => body["workers"]!["max"] = -1),
            Bodies.Endpoint(static body => body["workers"]!["standby"] = 1),
            Bodies.Endpoint(static body => body["gpu"]!["pools"] = new JsonArray()),
            Bodies.Endpoint(static body => body["gpu"]!["minCudaVersion"] = "12"),
            Bodies.Endpoint(static body => body["scaling"]!["queueDelay"] = 0.1),
            Bodies.Endpoint(static body => body["env"] = new JsonObject { ["A"] = 1 }),
            Bodies.Endpoint(static body => body["flashboot"] = true),
        ];
        foreach (var body in malformed) Assert.Equal(HttpStatusCode.UnprocessableEntity, (await Client.PostAsync("/v2/serverless", body)).Status);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await Client.PostAsync("/v2/pods", Bodies.Pod(static body => body["minRam"] = 8))).Status);
        var check = OpenApiCheck.Load()!;
        Assert.All(Runpod.Calls, call => Assert.NotEmpty(check.Requests([call])));
    }

    [OpenApiFact]
    public async Task TheCheck_FindsAParameterThatIsNotInTheDocument()
    {
        await Client.GetAsync("/v2/catalog/gpus?include=AVAILABILITY&product=SERVERLESS&colour=red");
        await Client.GetAsync("/v2/serverless/x/nothing");
        var faults = OpenApiCheck.Load()!.Requests(Runpod.Calls);
        Assert.Equal(2, faults.Count);
        Assert.Contains("'colour'", faults[0], StringComparison.Ordinal);
        Assert.Contains("no such operation", faults[1], StringComparison.Ordinal);
    }

    private async Task UseEverythingAsync()
    {
        Runpod.SetStock("HOPPER_141", static stock => stock.Capacity = 0);
        foreach (var path in new[] { "gpus", "gpus?include=AVAILABILITY&product=SERVERLESS,POD&countryCodes=US,RO", "gpus/NVIDIA%20L4", "datacenters?include=GPU_AVAILABILITY", "datacenters/EU-RO-1", "gpus?product=POD", "gpus/none" })
        {
            await Client.GetAsync("/v2/catalog/" + path);
        }

        var volume = (await Client.PostAsync("/v2/network-volumes", new JsonObject { ["name"] = "models", ["size"] = 20, ["dataCenter"] = "EU-RO-1" })).Text("id");
        var template = (await Client.PostAsync("/v2/templates", new JsonObject { ["name"] = "one", ["image"] = "a:1", ["serverless"] = true, ["env"] = new JsonObject { ["A"] = "1" } })).Text("id");
        var queue = await Client.CreateEndpointAsync(body => (body["templateId"], body["networkVolumes"], body["workers"]!["min"]) = (template, new JsonArray(volume), 1));
        var counted = await Client.PostAsync("/v2/serverless", Bodies.Endpoint(static body =>
            (body["type"], body["scaling"], body["workers"]) = ("LOAD_BALANCER", new JsonObject { ["type"] = "REQUEST_COUNT", ["requestCount"] = 2 }, new JsonObject { ["min"] = 0, ["max"] = 1 })));
        Assert.Equal(HttpStatusCode.Created, counted.Status);
        var pod = (await Client.PostAsync("/v2/pods", Bodies.Pod(static body => body["mounts"] = JsonNode.Parse("""{"persistent":{"size":20,"path":"/workspace"}}""")))).Text("id");
        await Eventually.TrueAsync(() => Runpod.Workers(queue) is [{ State: Serverless.WorkerState.Idle }]);
        await Client.PatchAsync($"/v2/serverless/{queue}", new JsonObject { ["image"] = "a:2", ["gpu"] = new JsonObject { ["pools"] = new JsonArray("AMPERE_80", "ADA_24"), ["excludedTypes"] = new JsonArray("NVIDIA A100 80GB PCIe") } });
        await Client.PatchAsync($"/v2/templates/{template}", new JsonObject { ["disk"] = 30 });
        await Client.PatchAsync($"/v2/network-volumes/{volume}", new JsonObject { ["size"] = 30 });
        await Client.PatchAsync($"/v2/pods/{pod}", new JsonObject { ["name"] = "two" });
        Time.Advance(TimeSpan.FromHours(1));
        foreach (var path in new[] { "serverless", $"serverless/{queue}", $"serverless/{queue}/workers", $"serverless/{queue}/releases", "pods", $"pods/{pod}", "templates", $"templates/{template}", "network-volumes", $"network-volumes/{volume}", "pods/none" })
        {
            await Client.GetAsync("/v2/" + path);
        }

        foreach (var path in new[] { "", "/serverless", $"/serverless?serverlessId={queue}&bucketSize=hour", "/pods?lastN=3", "/network-volumes?startTime=2029-12-31T00:00:00Z" })
        {
            Assert.NotEmpty((await Client.GetAsync("/v2/billing" + path)).Body!["records"]!.AsArray());
        }

        foreach (var action in new[] { "restart", "stop", "stop", "start", "terminate" })
        {
            await Client.PostAsync($"/v2/pods/{pod}/action", new JsonObject { ["action"] = action });
        }

        await Client.DeleteAsync($"/v2/serverless/{queue}");
        await Client.PatchAsync($"/v2/serverless/{queue}", new JsonObject { ["workers"] = new JsonObject { ["min"] = 0, ["max"] = 0 } });
        await Client.DeleteAsync($"/v2/serverless/{queue}");
        await Client.DeleteAsync($"/v2/templates/{template}");
        await Client.DeleteAsync($"/v2/network-volumes/{volume}");
        await Client.PostAsync("/v2/pods", Bodies.Pod(static body => body["gpu"]!["id"] = "NVIDIA H200"));
        using var stranger = new Client(Runpod, "rpa_unknown");
        await stranger.GetAsync("/v2/serverless");
    }
}
