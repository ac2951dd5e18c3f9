using System.Text.Json.Nodes;
using Rouse.FakeRunpod;
using Rouse.FakeRunpod.Workers;
using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.Runpod;

/// <summary>From the request to the last endpoint gone, against Runpod's own protocol over sockets.</summary>
public sealed class RunpodDeployTests : IAsyncLifetime
{
    private RunpodBench _bench = null!;

    private FakeRunpodServer Runpod => _bench.Runpod;

    public async Task InitializeAsync() => _bench = await RunpodBench.StartAsync();

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [Fact]
    public async Task Deployment_IsSizedPlacedWokenReady_AndGoneAfterItsDelete()
    {
        var id = await _bench.DeployAsync(""","gpu_tier":"A10" """, ""","max":2,"idle_timeout_seconds":60""");
        var ready = await _bench.UntilAsync(id, "ready");
        Assert.Equal(("runpod", "AMPERE_24"), (ready.Provider, ready.GpuAllocated));
        Assert.True(ready.ModelVramGb >= 1);
        Assert.Equal(["accepted_cold", "validating", "selecting_gpu", "creating_endpoint", "downloading_model", "loading_model", "warming", "ready"], ready.Phases.Select(phase => phase.Phase));

        Assert.Equal(new Contracts.Deployments.ColdStartView(2.5, 1.25, 0.25, 4, "hub", 4096), ready.ColdStart);
        var (_, plan) = await _bench.Server.SendAsync(HttpMethod.Post, "/v1/plan", """{"hf_model_id":"org/tiny"}""");
        Assert.Equal((1, 4.0), (plan.GetProperty("cold_start").GetProperty("measured").GetProperty("starts").GetInt32(), plan.GetProperty("cold_start").GetProperty("measured").GetProperty("total_s").GetDouble()));
        Assert.Equal("model", plan.GetProperty("cold_start").GetProperty("basis").GetString());

        var endpoint = Assert.Single(Runpod.Endpoints());
        // Its smallest number of workers is 0 from the beginning: if we died now, Runpod itself would put it to sleep.
        Assert.Equal((ready.RunpodEndpointId, 0, 2), (endpoint.Id, endpoint.WorkersMin, endpoint.WorkersMax));

        await _bench.DeleteAsync(id);
        Assert.Empty(Runpod.Endpoints());
        await Eventually.TrueAsync(() => Runpod.LivingContainers() == 0);
        var order = Runpod.Calls.Where(call => call.Path.EndsWith(endpoint.Id, StringComparison.Ordinal) && call.Method is "PATCH" or "DELETE").Select(call => call.Method);
        Assert.Equal(["PATCH", "DELETE"], order.TakeLast(2));
    }

    [Fact]
    public async Task Pod_TakesItsJobsFromUs_AndIsGoneAfterItsDelete()
    {
        var id = await _bench.DeployAsync(""","provider":"runpod-pods","gpu_tier":"A10" """);
        var ready = await _bench.UntilAsync(id, "ready");
        Assert.Equal(ready.BackendId, Assert.Single(Runpod.Pods()).Id);
        var (status, job) = await _bench.Server.SendAsync(HttpMethod.Post, $"/v2/{id}/runsync", """{"input":{"prompt":"hills"}}""");
        Assert.True(status == 200 && job.GetProperty("status").GetString() == "COMPLETED", job.ToString());
        await _bench.DeleteAsync(id);
        Assert.Empty(Runpod.Pods());
        await Eventually.TrueAsync(() => Runpod.LivingContainers() == 0);
    }

    [Fact]
    public async Task Job_GoesThroughRunpodsQueueAndBack()
    {
        var id = await _bench.DeployAsync();
        await _bench.UntilAsync(id, "ready");
        var (status, job) = await _bench.Server.SendAsync(HttpMethod.Post, $"/v2/{id}/runsync", """{"input":{"prompt":"hills"}}""");
        Assert.True(status == 200 && job.GetProperty("status").GetString() == "COMPLETED", job.ToString());
        Assert.Equal("hills", job.GetProperty("output").GetProperty("echo").GetProperty("prompt").GetString());
    }

    [Fact]
    public async Task StarvedDeployment_IsReadyOnItsThirdOffer_AndTheFirstTwoAreGone()
    {
        // The catalogue still says there are some: that is how it is when workers stay throttled.
        foreach (var pool in new[] { "AMPERE_16", "AMPERE_24" }) Runpod.SetStock(pool, stock => (stock.Capacity, stock.Level) = (0, "HIGH"));
        var id = await _bench.DeployAsync();
        var ready = await _bench.UntilAsync(id, "ready");
        Assert.Equal((3, "ADA_24"), (ready.Attempt, ready.GpuAllocated));
        Assert.Equal(ready.RunpodEndpointId, Assert.Single(Runpod.Endpoints()).Id);
        Assert.Contains(ready.Logs, line => line.Message.Contains("GPU", StringComparison.Ordinal));
    }

    [Fact]
    public async Task C8_TierOutOfStock_IsWaitedFor_AndNeverSilentlyLeft()
    {
        Runpod.SetStock("AMPERE_24", stock => stock.Capacity = 0);
        var id = await _bench.DeployAsync(""","gpu_tier":"A10" """, ""","start_timeout_seconds":3""");
        var waiting = await _bench.UntilAsync(id, view => view.WaitingFor is not null);
        Assert.Equal("no_capacity", waiting.WaitingCode);
        await _bench.FailsAsync(id, "no_capacity");
        Assert.DoesNotContain(Runpod.Calls, call => call is { Method: "POST", Path: "/v2/serverless" });

        var asked = await _bench.DeployAsync(""","gpu_tier":"A10","allow_gpu_fallback":true""");
        Assert.Equal("AMPERE_16", (await _bench.UntilAsync(asked, "ready")).GpuAllocated);
    }

    [Fact]
    public async Task C6_WorkersThatNeverLoad_AreNotReady_AndAreRemovedAtTheDeadline()
    {
        _bench.Workers.Plan = _ => new SimulatedPlan { End = SimulatedEnd.Hangs };
        var id = await _bench.DeployAsync(""","gpu_tier":"A10" """, ""","start_timeout_seconds":4""");
        var failed = await _bench.FailsAsync(id, "start_timeout");
        Assert.DoesNotContain(failed.Phases, phase => phase.Phase == "ready");
        Assert.Contains("start_timeout_seconds", failed.Error!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task C5_WorkerThatReportsAFault_EndsTheDeploymentWithItsEndpoint()
    {
        _bench.Workers.Plan = _ => new SimulatedPlan { End = SimulatedEnd.ReportsFailure, FailureCode = "out_of_memory", FailureMessage = "24 GB are too few." };
        await _bench.FailsAsync(await _bench.DeployAsync(), "out_of_memory");
    }

    [Fact]
    public async Task C15_EnvironmentThatRunpodDrops_IsNoticedBeforeItIsPaidFor()
    {
        Runpod.Script.DropEndpointEnv = true;
        await _bench.FailsAsync(await _bench.DeployAsync(), "environment_dropped");
        Assert.Equal(0, Runpod.Spent());
    }

    [Theory]
    [InlineData("org/missing", "model_not_found")]
    [InlineData("org/tiny@no-such-branch", "model_not_found")]
    public async Task C17_ModelThatCannotBeServed_FailsBeforeAnyEndpointIsMade(string model, string code)
    {
        await _bench.FailsAsync(await _bench.Server.DeployAsync($$"""{"hf_model_id":"{{model}}"}"""), code);
        Assert.DoesNotContain(Runpod.Calls, call => call is { Method: "POST", Path: "/v2/serverless" });
    }

    [Fact]
    public async Task HubInTrouble_IsNeverNotFound_AndIsWaitedFor()
    {
        await _bench.Hub.DisposeAsync();
        var id = await _bench.DeployAsync(workers: ""","start_timeout_seconds":6""");
        await _bench.FailsAsync(id, "hub_unavailable");
    }

    [Fact]
    public async Task C16_OnlyPoolsAreNamed_AndEveryGpuIsCounted()
    {
        await _bench.UntilAsync(await _bench.DeployAsync(""" ,"gpu_tier":"STANDARD","region":"EU-RO-1" """), "ready");
        var create = Assert.Single(Runpod.Calls, call => call is { Method: "POST", Path: "/v2/serverless" });
        var body = JsonNode.Parse(create.Body)!;
        Assert.Equal(("AMPERE_24", 1), ((string?)body["gpu"]!["pools"]![0], (int)body["gpu"]!["count"]!));
        Assert.Equal("EU-RO-1", (string?)body["dataCenterIds"]![0]);
    }
}
