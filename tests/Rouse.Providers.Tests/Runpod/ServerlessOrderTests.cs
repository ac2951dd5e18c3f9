using System.Text.Json.Nodes;
using Rouse.Core.Deployments;
using Rouse.Core.Models;
using Rouse.Core.Ports;
using Rouse.Providers.Runpod;
using Rouse.FakeRunpod.Script;

namespace Rouse.Providers.Tests.Runpod;

/// <summary>What Runpod is asked to make, to change and to delete.</summary>
public sealed class ServerlessOrderTests
{
    [Fact]
    public async Task ANewEndpoint_KeepsNoWorker_AndHasAllThatWasOrdered()
    {
        await using var bench = await RunpodBench.StartAsync();
        await bench.CreateAsync(new WorkerScaling { Min = 2, Max = 5, IdleTimeout = TimeSpan.FromSeconds(90), ScalerValue = 7 });
        var body = bench.LastBody("POST", "/v2/serverless");
        Assert.Equal(RunpodBench.Name().ToString(), (string?)body["name"]);
        Assert.Equal("QUEUE", (string?)body["type"]);
        Assert.Equal("example/rouse-worker:1", (string?)body["image"]);
        Same("""{"pools":["ADA_24"],"count":1}""", body["gpu"]);
        Same("""{"min":0,"max":5,"idleTimeout":90}""", body["workers"]);
        Same("""{"type":"QUEUE_DELAY","queueDelay":7}""", body["scaling"]);
        Same("""{"ROUSE_MODEL_ID":"org/name","HF_TOKEN":"hf_a_token_of_the_hub"}""", body["env"]);
        Assert.Equal(600_000, (long?)body["timeout"]);
        Assert.Equal("FLASHBOOT", (string?)body["flashboot"]);
        Assert.False(body.ContainsKey("dataCenterIds"));
        Assert.Equal((0, 5), bench.Fake.Endpoints().Select(seen => (seen.WorkersMin, seen.WorkersMax)).Single());
    }

    [Fact]
    public async Task ScalingByRequests_LeavesOutTheIdleTimeout_WhichRunpodRefusesThere()
    {
        await using var bench = await RunpodBench.StartAsync();
        await bench.CreateAsync(new WorkerScaling { Scaler = Scaler.RequestCount, ScalerValue = 2.5 });
        Same("""{"min":0,"max":1}""", bench.LastBody("POST", "/v2/serverless")["workers"]);
        Same("""{"type":"REQUEST_COUNT","requestCount":3}""", bench.LastBody("POST", "/v2/serverless")["scaling"]);
    }

    [Theory]
    [InlineData("EU-RO-1", "EU-RO-1")]
    [InlineData("EU", "EU-NL-1,EU-RO-1,EU-SE-1,EUR-IS-1")]
    public async Task ARegion_BecomesItsDataCenters(string region, string centers)
    {
        await using var bench = await RunpodBench.StartAsync();
        var offers = await bench.Serverless.ListOffersAsync(region, bench.Access, CancellationToken.None);
        await bench.Serverless.CreateAsync(RunpodBench.Request(offers[0]), bench.Access, CancellationToken.None);
        Assert.Equal(centers.Split(','), bench.LastBody("POST", "/v2/serverless")["dataCenterIds"]!.AsArray().Select(center => (string?)center));
    }

    [Fact]
    public async Task ATemplate_TakesTheImagesPlace_AndOurVariablesAreAdded()
    {
        await using var bench = await RunpodBench.StartAsync(change: options => options with { TemplateId = "tpl1" });
        var fault = await Assert.ThrowsAsync<ProviderException>(async () => await bench.CreateAsync());
        Assert.Equal(ProviderFault.Rejected, fault.Fault);
        var body = bench.LastBody("POST", "/v2/serverless");
        Assert.Equal("tpl1", (string?)body["templateId"]);
        Assert.False(body.ContainsKey("image"));
        Assert.Equal(2, body["env"]!.AsObject().Count);
    }

    [Fact]
    public async Task WithoutAnImage_NothingIsAsked()
    {
        await using var bench = await RunpodBench.StartAsync(change: options => options with { Image = null });
        Assert.Equal(ProviderFault.Rejected, (await Assert.ThrowsAsync<ProviderException>(async () => await bench.CreateAsync())).Fault);
        Assert.Empty(bench.Fake.Calls);
    }

    [Fact]
    public async Task AnEndpointMadeWithoutItsVariables_IsRemovedAndRefused()
    {
        await using var bench = await RunpodBench.StartAsync();
        bench.Fake.Script.DropEndpointEnv = true;
        var fault = await Assert.ThrowsAsync<ProviderException>(async () => await bench.CreateAsync());
        Assert.Equal((ProviderFault.Rejected, FailureCodes.EnvironmentDropped), (fault.Fault, fault.Code));
        Assert.Contains("ROUSE_MODEL_ID", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hf_a_token", fault.ToString(), StringComparison.Ordinal);
        Assert.Empty(bench.Fake.Endpoints());
    }

    [Fact]
    public async Task WhenItCannotBeRemovedAtOnce_TheListTellsWhatIsWrong()
    {
        await using var bench = await RunpodBench.StartAsync();
        bench.Fake.Script.DropEndpointEnv = true;
        bench.Fake.Script.Add(new Fault(FaultKind.RefusedBeforeEffect, "DELETE") { Status = 503 });
        await Assert.ThrowsAsync<ProviderException>(async () => await bench.CreateAsync());
        var broken = Assert.Single(await bench.ListAsync());
        Assert.True(broken.Trouble!.Fatal);
        Assert.Equal(FailureCodes.EnvironmentDropped, broken.Trouble.Cause.Code);
    }

    [Fact]
    public async Task BeforeDeleting_TheWorkersAreSetToNone()
    {
        await using var bench = await RunpodBench.StartAsync();
        var id = await bench.CreateAsync(new WorkerScaling { Max = 3 });
        bench.Fake.ClearCalls();
        await bench.Serverless.DeleteAsync(id, bench.Access, CancellationToken.None);
        Assert.Equal([("PATCH", 200), ("DELETE", 204)], bench.Fake.Calls.Select(call => (call.Method, call.Status)));
        Same("""{"workers":{"min":0,"max":0}}""", bench.LastBody("PATCH", "/v2/serverless/"));
        Assert.Empty(bench.Fake.Endpoints());
    }

    [Fact]
    public async Task Deleting_GoesOn_WhenTheChangeBeforeItIsRefused()
    {
        await using var bench = await RunpodBench.StartAsync();
        var id = await bench.CreateAsync();
        bench.Fake.EditEndpoint(id.Value, settings => settings["workers"]!["max"] = 0);
        bench.Fake.Script.Add(new Fault(FaultKind.RefusedBeforeEffect, "PATCH") { Status = 400, Detail = "networkVolumes: vol_abc not found" });
        await bench.Serverless.DeleteAsync(id, bench.Access, CancellationToken.None);
        Assert.Empty(bench.Fake.Endpoints());
    }

    [Fact]
    public async Task Scaling_SendsTheOrder_AndNoImage()
    {
        await using var bench = await RunpodBench.StartAsync();
        var id = await bench.CreateAsync();
        bench.Fake.EditEndpoint(id.Value, settings => settings["image"] = "example/another:2");
        await bench.ListAsync();
        await bench.Serverless.ScaleAsync(id, new WorkerScaling { Min = 1, Max = 4, IdleTimeout = TimeSpan.FromHours(2) }, bench.Access, CancellationToken.None);
        Same("""{"workers":{"min":1,"max":4,"idleTimeout":3600},"scaling":{"type":"QUEUE_DELAY","queueDelay":4}}""", bench.LastBody("PATCH", "/v2/serverless/"));
    }

    [Fact]
    public async Task Renewing_SendsTheImageAlone_AndOnlyWhereAnotherIsShown()
    {
        await using var bench = await RunpodBench.StartAsync();
        var id = await bench.CreateAsync();
        await bench.Serverless.RenewAsync(id, "example/rouse-worker:1", bench.Access, CancellationToken.None);
        Assert.DoesNotContain(bench.Fake.Calls, call => call.Method == "PATCH");
        await bench.Serverless.RenewAsync(id, "example/rouse-worker:2", bench.Access, CancellationToken.None);
        await bench.Serverless.RenewAsync(id, "example/rouse-worker:2", bench.Access, CancellationToken.None);
        Same("""{"image":"example/rouse-worker:2"}""", bench.LastBody("PATCH", "/v2/serverless/"));
        Assert.Single(bench.Fake.Calls, call => call.Method == "PATCH");

        var gone = await Assert.ThrowsAsync<ProviderException>(async () => await bench.Serverless.RenewAsync(new BackendId("nobody"), "example/rouse-worker:2", bench.Access, CancellationToken.None));
        Assert.Equal(ProviderFault.Rejected, gone.Fault);
    }

    [Fact]
    public void TheImageOfAnEngine_IsItsOwn_OrTheOneForAllThatHasIt_AndOtherwiseNobodysToSay()
    {
        var options = new RunpodOptions { Image = "all:1", Engines = [WorkerEngine.Onnx], EngineImages = new Dictionary<WorkerEngine, string> { [WorkerEngine.Process] = "process:1" } };
        Assert.Equal(("process:1", "all:1", null, null), (options.ImageOf(WorkerEngine.Process), options.ImageOf(WorkerEngine.Onnx), options.ImageOf(WorkerEngine.Diffusers), options.ImageOf(null)));
        Assert.Equal("all:1", (options with { EngineImages = new Dictionary<WorkerEngine, string>() }).ImageOf(null));
        Assert.Equal((null, "process:1"), ((options with { TemplateId = "tmpl" }).ImageOf(WorkerEngine.Onnx), (options with { TemplateId = "tmpl" }).ImageOf(WorkerEngine.Process)));
    }

    [Fact]
    public async Task WhatOthersChanged_IsInTheList()
    {
        await using var bench = await RunpodBench.StartAsync();
        var id = await bench.CreateAsync(new WorkerScaling { Max = 3, IdleTimeout = TimeSpan.FromSeconds(60) });
        bench.Fake.EditEndpoint(id.Value, settings => (settings["workers"]!["max"], settings["image"]) = (2, "example/another:2"));
        Assert.Equal(new BackendSettings(0, 2, TimeSpan.FromSeconds(60), "example/another:2"), (await bench.ListAsync()).Single().Settings);
    }

    private static void Same(string expected, JsonNode? actual) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), actual), $"Expected {expected}, was {actual?.ToJsonString()}.");
}
