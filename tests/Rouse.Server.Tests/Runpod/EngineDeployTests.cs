using System.Text.Json.Nodes;
using Rouse.Core.Models;
using Rouse.Core.Tenancy;
using Rouse.FakeRunpod.Workers;
using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.Runpod;

/// <summary>Engines and tasks of deployments, up to what their workers are told.</summary>
public sealed class EngineDeployTests : IAsyncLifetime
{
    private const string Hidden = "hidden-value-of-the-operator";
    private RunpodBench _bench = null!;

    public async Task InitializeAsync() => _bench = await RunpodBench.StartAsync(options => options with
    {
        WorkerVariables = new Dictionary<string, Secret> { ["ROUSE_PROCESS_KEY"] = new(Hidden) },
        Runpod = options.Runpod! with
        {
            Engines = [WorkerEngine.Diffusers, WorkerEngine.Onnx], EngineImages = new Dictionary<WorkerEngine, string> { [WorkerEngine.Process] = "rouse/worker:process" },
        },
    });

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [Fact]
    public async Task Auto_TakesWhatTheModelHas_AndTheWorkerIsTold()
    {
        var id = await _bench.DeployAsync();
        var ready = await _bench.UntilAsync(id, "ready");
        Assert.Equal(("text2img", "onnx"), (ready.Task, ready.Engine));
        var environment = Assert.Single(Environments());
        Assert.Equal(("onnx", "text2img", Hidden), ((string?)environment["ROUSE_ENGINE"], (string?)environment["ROUSE_TASK"], (string?)environment["ROUSE_PROCESS_KEY"]));
        // What an operator's variable must not be is a list, and this is what it is held against.
        Assert.All(environment.Where(one => one.Key != "ROUSE_PROCESS_KEY"), one => Assert.True(OperatorVariables.IsOurs(one.Key), one.Key));

        var (_, plan) = await _bench.Server.SendAsync(HttpMethod.Post, "/v1/plan", $$"""{"hf_model_id":"{{RunpodBench.Model}}"}""");
        Assert.Equal(("onnx", "text2img"), (plan.GetProperty("engine").GetString(), plan.GetProperty("task").GetString()));
        var (_, doctor) = await _bench.Server.SendAsync(HttpMethod.Get, "/v1/doctor");
        Assert.Contains("at a provider onnx, diffusers, process. They are given ROUSE_PROCESS_KEY besides.", doctor.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Hidden, doctor.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AModelThatTheEngineCannotServe_FailsBeforeAnythingIsBought()
    {
        var failed = await _bench.FailsAsync(await _bench.DeployAsync(""","engine":"diffusers","task":"image2img" """), "model_unusable");
        Assert.Contains("ONNX weights", failed.Error, StringComparison.Ordinal);
        Assert.Equal(("image2img", "diffusers"), (failed.Task, failed.Engine));
        Assert.DoesNotContain(_bench.Runpod.Calls, call => call.Method == "POST");
    }

    [Fact]
    public async Task EndpointsAreShared_ByEqualEnginesAndTasksOnly_AndEachHasItsEnginesImage()
    {
        var first = await _bench.UntilAsync(await _bench.DeployAsync(""","engine":"process","task":"image2img" """), "ready");
        var same = await _bench.UntilAsync(await _bench.DeployAsync(""","engine":"process","task":"image_to_image" """), "ready");
        var otherTask = await _bench.UntilAsync(await _bench.DeployAsync(""","engine":"process" """), "ready");
        var otherEngine = await _bench.UntilAsync(await _bench.DeployAsync(""","engine":"onnx" """), "ready");
        Assert.Equal(first.BackendId, same.BackendId);
        Assert.Equal(3, new[] { first.BackendId, otherTask.BackendId, otherEngine.BackendId }.Distinct().Count());
        Assert.Equal(("process", "image2img"), (same.Engine, same.Task));
        var images = _bench.Runpod.Endpoints().ToDictionary(endpoint => endpoint.Id, endpoint => (string?)endpoint.Settings["image"], StringComparer.Ordinal);
        Assert.Equal(("rouse/worker:process", "rouse/worker:process", "rouse/worker:test"), (images[first.BackendId!], images[otherTask.BackendId!], images[otherEngine.BackendId!]));

        // Pictures of texts in our own words are what the doors make.
        foreach (var (deployment, why) in new[] { (first, "is for image2img"), (otherTask, "runs process") })
        {
            var (status, refusal) = await _bench.Server.SendAsync(HttpMethod.Post, "/openai/v1/images/generations", $$"""{"model":"{{deployment.DeploymentId}}","prompt":"a lake"}""");
            Assert.Equal(409, status);
            Assert.Contains(why, refusal.ToString(), StringComparison.Ordinal);
            Assert.Contains($"/v2/{deployment.DeploymentId}/runsync", refusal.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task WhatTheOperatorGivesWorkers_IsInNoLog()
    {
        _bench.Workers.Plan = _ => new SimulatedPlan { End = SimulatedEnd.ReportsFailure, FailureCode = "engine_failed", FailureMessage = $"cannot run {Hidden} here" };
        var failed = await _bench.FailsAsync(await _bench.DeployAsync(), "engine_failed");
        Assert.Equal("cannot run *** here", failed.Error);
    }

    private IEnumerable<JsonObject> Environments() => _bench.Runpod.Endpoints().Select(endpoint => (JsonObject)endpoint.Settings["env"]!);
}
