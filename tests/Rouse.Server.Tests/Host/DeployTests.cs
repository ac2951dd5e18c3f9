using System.Text.Json;
using Rouse.Onnx.Samples.TinyDiffusion;
using Rouse.Server.Tests.JobPlane;
using Rouse.TestKit.Postgres;
using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.Host;

/// <summary>The main job with real parts: a server, its worker processes, a model made by code.</summary>
public sealed class DeployTests : IDisposable
{
    private readonly string _model = Path.Combine(Directory.CreateTempSubdirectory("rouse-model-").FullName, "tiny");

    public DeployTests() => TinyDiffusionModel.Write(_model, seed: 1);

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_model)!, recursive: true);

    [Fact]
    public Task Deployment_GoesThroughItsPhases_Answers_AndLeavesNothing() => RunAsync(options => options);

    [PostgresFact]
    public async Task Deployment_OnPostgres_DoesTheSame()
    {
        var database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        await RunAsync(options => options with { Database = database });
    }

    private async Task RunAsync(Func<RouseHostOptions, RouseHostOptions> change)
    {
        await using var server = await TestServer.StartAsync(change);
        var id = await server.DeployAsync($$"""{"model_path":"{{_model}}","name":"tiny"}""");

        var events = await server.ReadStreamAsync($"/v1/deployments/{id}/stream");
        var phases = events.Where(one => one.Name == "status").Select(one => one.Data.GetProperty("status").GetString()).ToList();
        Assert.Equal(["accepted_cold", "validating", "selecting_gpu", "creating_endpoint", "loading_model", "warming", "ready"], phases);
        var told = events.Last(one => one.Name == "status").Data.GetProperty("cold_start");
        Assert.Equal("folder", told.GetProperty("weights_from").GetString());
        Assert.True(told.GetProperty("loading_model_s").GetDouble() > 0 && told.GetProperty("warming_s").GetDouble() >= 0, told.ToString());
        Assert.Equal(events.Select(one => one.Id).Order(), events.Select(one => one.Id));

        const string job = """{"input":{"prompt":"a lighthouse at dusk","num_inference_steps":2,"seed":7,"width":64,"height":64}}""";
        var (status, first) = await server.SendAsync(HttpMethod.Post, $"/v2/{id}/runsync", job);
        Assert.True(status == 200 && first.GetProperty("status").GetString() == "COMPLETED", first.ToString());
        var picture = Picture(first);
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], picture.Take(4));
        Assert.Equal(picture, Picture((await server.SendAsync(HttpMethod.Post, $"/v2/{id}/runsync", job)).Body));

        var view = await server.GetAsync(id);
        Assert.EndsWith($"/v2/{id}/run", view.EndpointUrl, StringComparison.Ordinal);
        Assert.Equal(told.GetProperty("total_s").GetDouble(), view.ColdStart?.TotalS);
        // Lines come in batches of their own, so some after the phase that they belong to.
        await Eventually.TrueAsync(async () => (await server.GetAsync(id)).Logs.Any(line => line.Message.Length > 0));

        Assert.Equal(204, (await server.SendAsync(HttpMethod.Delete, $"/v1/deployments/{id}")).Status);
        var rest = await server.ReadStreamAsync($"/v1/deployments/{id}/stream", after: events[^1].Id);
        Assert.Equal(["deleting", "deleted"], rest.Where(one => one.Name == "status").Select(one => one.Data.GetProperty("status").GetString()));
        await Eventually.TrueAsync(async () => (await server.GetAsync(id)).ResourcesReleasedAt is not null);
        Assert.Empty(Directory.GetDirectories(Path.Combine(server.Folder, "data", "local")));

        var (found, cost) = await server.SendAsync(HttpMethod.Get, $"/v1/deployments/{id}/cost");
        Assert.True(found == 200 && cost.GetProperty("hours_running").GetDouble() > 0, cost.ToString());
        Assert.Equal(("deleted", 0), (cost.GetProperty("status").GetString(), cost.GetProperty("estimated_cost_usd").GetDecimal()));
        Assert.Equal(404, (await server.SendAsync(HttpMethod.Get, "/v1/deployments/dep_00000000000000000000000000/cost")).Status);
        var metrics = await server.Http.GetStringAsync(new Uri("/metrics", UriKind.Relative));
        Assert.Contains("\nrouse_attempts_total{provider=\"local\",outcome=\"created\"} 1\n", metrics, StringComparison.Ordinal);
        Assert.Matches("\nrouse_capacity_seconds_total{state=\"ready\"} 0*[1-9.]", metrics);
    }

    [Fact]
    public async Task Folder_WhereSeveralEnginesCouldServe_RunsOnWhatItHolds()
    {
        await using var server = await TestServer.StartAsync(options => options with { Engines = [Core.Models.WorkerEngine.Diffusers, Core.Models.WorkerEngine.Onnx] });
        var id = await server.DeployAsync($$"""{"model_path":"{{_model}}"}""");
        await Eventually.TrueAsync(async () => (await server.GetAsync(id)).Status == "ready");
        Assert.Equal("onnx", (await server.GetAsync(id)).Engine);

        var refused = await server.DeployAsync($$"""{"model_path":"{{_model}}","engine":"diffusers","task":"image2img"}""");
        Assert.Equal("diffusers", (await server.GetAsync(refused)).Engine);
    }

    [Fact]
    public async Task Webhook_IsToldOfTheEndOfTheStart_UntilItAccepts()
    {
        await using var sink = await WebhookSink.StartAsync();
        sink.Answers.Enqueue(503);
        await using var server = await TestServer.StartAsync();
        var id = await server.DeployAsync($$"""{"model_path":"{{_model}}","user_webhook_url":"{{sink.Url}}"}""");
        await Eventually.TrueAsync(() => sink.Received.Count == 2);
        Assert.All(sink.Received, call =>
        {
            var body = JsonDocument.Parse(call.Body).RootElement;
            Assert.Equal(("deployment_ready", id), (body.GetProperty("event").GetString(), body.GetProperty("deployment_id").GetString()));
            Assert.EndsWith($"/v2/{id}/run", body.GetProperty("endpoint_url").GetString(), StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task WorkerThatCrashes_FailsTheDeployment_SayingHow()
    {
        var script = Path.Combine(Path.GetDirectoryName(_model)!, "crash.sh");
        await File.WriteAllTextAsync(script, "#!/bin/sh\necho about to crash\nkill -SEGV $$\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        await using var server = await TestServer.StartAsync(options => options with { Worker = script });
        var id = await server.DeployAsync($$"""{"model_path":"{{_model}}"}""");
        await server.ReadStreamAsync($"/v1/deployments/{id}/stream");
        var view = await server.GetAsync(id);
        Assert.Equal(("failed", "crash_loop"), (view.Status, view.ErrorCode));
        Assert.Contains("139 (SIGSEGV) three times", view.Error, StringComparison.Ordinal);
        await Eventually.TrueAsync(async () => (await server.GetAsync(id)).Logs.Any(line => line.Message == "about to crash"));
    }

    private static byte[] Picture(JsonElement job) => job.GetProperty("output").GetProperty("image_base64").GetBytesFromBase64();
}
