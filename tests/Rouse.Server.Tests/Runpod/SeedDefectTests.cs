using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Rouse.FakeRunpod;
using Rouse.FakeRunpod.Workers;
using Rouse.Server.Tests.Callbacks;
using Rouse.Server.Tests.JobPlane;
using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.Runpod;

/// <summary>Defects of the service that the first of our sources describes, by their numbers there, where provisioning, state or cost would suffer.</summary>
public sealed class SeedDefectTests : IAsyncLifetime
{
    private RunpodBench _bench = null!;

    private FakeRunpodServer Runpod => _bench.Runpod;

    public async Task InitializeAsync() => _bench = await RunpodBench.StartAsync();

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [Fact]
    public async Task C1_LateNewsOfAWorker_RaisesNothingFromTheDead()
    {
        var id = await _bench.DeployAsync();
        await _bench.UntilAsync(id, "ready");
        var environment = (JsonObject)Assert.Single(Runpod.Endpoints()).Settings["env"]!;
        Assert.Equal(204, await ReportAsync(environment, 100, "loading_model"));
        Assert.Equal("ready", (await _bench.Server.GetAsync(id)).Status);

        await _bench.DeleteAsync(id);
        foreach (var phase in new[] { "ready", "failed", "loading_model" }) Assert.Equal(410, await ReportAsync(environment, 101, phase));
        Assert.Equal("deleted", (await _bench.Server.GetAsync(id)).Status);
        Assert.Empty(Runpod.Endpoints());
    }

    [Fact]
    public async Task Report_WithTimesOutOfTheirBounds_IsRefused_AndOneWithoutWarming_IsTaken()
    {
        var id = await _bench.DeployAsync();
        await _bench.UntilAsync(id, "ready");
        var environment = (JsonObject)Assert.Single(Runpod.Endpoints()).Settings["env"]!;
        foreach (var times in new[] { """{"warming":-1}""", """{"loading_model":604801}""", """{"weights_from":"elsewhere"}""", """{"bytes":-1}""", """{"unknown":1}""" })
        {
            var body = Encoding.UTF8.GetBytes($$"""{"worker_id":"w","sequence":100,"phase":"ready","phase_times":{{times}}}""");
            Assert.Equal(400, await SignedCall.Of(environment, body).SendAsync(_bench.Server.Http));
        }

        var whole = Encoding.UTF8.GetBytes("""{"worker_id":"old","sequence":1,"phase":"ready","phase_times":{"loading_model":7}}""");
        Assert.Equal(204, await SignedCall.Of(environment, whole).SendAsync(_bench.Server.Http));
        Assert.True((await _bench.Server.GetAsync(id)).ColdStart is { LoadingModelS: 7, WarmingS: null, TotalS: 7, WeightsFrom: null });
    }

    [Fact]
    public async Task C2_ReadyFromTheWorkerAndFromTheList_IsToldOnce()
    {
        await using var sink = await WebhookSink.StartAsync();
        var id = await _bench.DeployAsync($$""","user_webhook_url":"{{sink.Url}}" """);
        await _bench.UntilAsync(id, "ready");
        var environment = (JsonObject)Assert.Single(Runpod.Endpoints()).Settings["env"]!;
        for (var i = 0; i < 5; i++) await ReportAsync(environment, 200 + i, "ready");
        await _bench.DeleteAsync(id);
        await Eventually.TrueAsync(() => sink.Received.Count >= 2);
        Assert.Equal(
            ["deployment_deleted", "deployment_ready"],
            sink.Received.Select(call => JsonDocument.Parse(call.Body).RootElement.GetProperty("event").GetString()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task O10_Failure_IsToldToTheWebhook_WithItsCode()
    {
        await using var sink = await WebhookSink.StartAsync();
        _bench.Workers.Plan = _ => new SimulatedPlan { End = SimulatedEnd.ReportsFailure, FailureCode = "out_of_memory", FailureMessage = "24 GB are too few." };
        await _bench.FailsAsync(await _bench.DeployAsync($$""","user_webhook_url":"{{sink.Url}}" """), "out_of_memory");
        await Eventually.TrueAsync(() => !sink.Received.IsEmpty);
        var told = JsonDocument.Parse(Assert.Single(sink.Received).Body).RootElement;
        Assert.Equal(("deployment_failed", "out_of_memory"), (told.GetProperty("event").GetString(), told.GetProperty("error_code").GetString()));
    }

    [Theory]
    [InlineData(""","gpu_tier":"A9000" """)]
    [InlineData(""","region":"Mars" """)]
    [InlineData(""","drift":"ignore" """)]
    [InlineData(""","task":"text2video" """)]
    [InlineData(""","cache_scope":"private" """)]
    [InlineData(""","model_path":"/tmp" """)]
    [InlineData(""","user_runpod_key":"with blank" """)]
    [InlineData(""","allow_gpu_fallback":"yes" """)]
    [InlineData(""","surprise":1""")]
    public async Task C9_WhatCannotBeMeant_IsRefused_AndAsksRunpodNothing(string more)
    {
        var (status, body) = await _bench.Server.SendAsync(HttpMethod.Post, "/v1/deployments", $$"""{"hf_model_id":"{{RunpodBench.Model}}"{{more}}}""");
        Assert.Equal(400, status);
        Assert.Contains(body.GetProperty("code").GetString(), new[] { "INVALID_DEPLOYMENT_REQUEST", "INVALID_JSON" });
        Assert.Empty(Runpod.Calls);
        Assert.Equal(0, (await _bench.Server.SendAsync(HttpMethod.Get, "/v1/deployments")).Body.GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task O8_Estimates_AreLearnedFromStartsThatWere()
    {
        var first = await _bench.Server.SendAsync(HttpMethod.Post, "/v1/deployments", $$"""{"hf_model_id":"{{RunpodBench.Model}}","reuse":false,"workers":{"scaler_value":0.5 } }""");
        Assert.Equal("prior", first.Body.GetProperty("estimate_basis").GetString());
        await _bench.UntilAsync(first.Body.GetProperty("deployment_id").GetString()!, "ready");
        var (_, second) = await _bench.Server.SendAsync(HttpMethod.Post, "/v1/deployments", $$"""{"hf_model_id":"{{RunpodBench.Model}}","reuse":false}""");
        Assert.Equal("model", second.GetProperty("estimate_basis").GetString());
        Assert.InRange(second.GetProperty("estimated_ready_seconds").GetInt32(), 1, 120);
    }

    /// <summary>What a worker with this environment says, as it would.</summary>
    private async Task<int> ReportAsync(JsonObject environment, int sequence, string phase)
    {
        var body = Encoding.UTF8.GetBytes($$"""{"worker_id":"late","sequence":{{sequence}},"phase":"{{phase}}"}""");
        return await SignedCall.Of(environment, body).SendAsync(_bench.Server.Http);
    }
}
