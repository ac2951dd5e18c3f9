using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Rouse.FakeRunpod.Serverless;
using Rouse.FakeRunpod.Workers;
using Rouse.Onnx.Samples.TinyDiffusion;
using Rouse.TestKit.Time;

namespace Rouse.FakeRunpod.Tests;

/// <summary>Rouse's own worker, unchanged, as a process on the fake: it must not be able to tell.</summary>
public sealed class RealWorkerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rouse-fake-runpod").FullName;
    private readonly ConcurrentQueue<string> _output = new();

    [Fact]
    public async Task AJob_WakesTheWorker_IsPainted_AndTheWorkerEndsWhenItIsIdle()
    {
        TinyDiffusionModel.Write(_folder, seed: 1);
        var program = Path.Combine(AppContext.BaseDirectory, "worker", "Rouse.Worker.dll");
        var machine = Environment.GetEnvironmentVariable("ROUSE_ONNXRUNTIME") is { } library
            ? new Dictionary<string, string> { ["ROUSE_ONNXRUNTIME"] = library }
            : [];
        var workers = new ProcessWorkers("dotnet", [program], TimeProvider.System) { Machine = machine, Output = (_, line) => _output.Enqueue(line) };
        await using var runpod = await FakeRunpodServer.StartAsync(new FakeRunpodOptions { Runner = workers });
        using var client = new Client(runpod);
        var endpoint = await client.CreateEndpointAsync(body =>
        {
            body["env"] = new JsonObject { ["ROUSE_MODEL_PATH"] = _folder };
            (body["scaling"]!["queueDelay"], body["workers"]!["max"], body["workers"]!["idleTimeout"]) = (0.5, 1, 1);
        });
        var request = JsonNode.Parse("""{"input":{"prompt":"hills","num_inference_steps":1,"seed":3}}""")!;

        var job = (await client.JobAsync(HttpMethod.Post, $"{endpoint}/run", request)).Text("id");

        Got? status = null;
        await Eventually.TrueAsync(async () => (status = await client.JobAsync(HttpMethod.Get, $"{endpoint}/status/{job}")).Text("status") is "COMPLETED" or "FAILED");
        Assert.True(status!.Text("status") == "COMPLETED", string.Join('\n', _output));
        Assert.NotNull(status.Body!["output"]);
        Assert.DoesNotContain(runpod.Workers(endpoint), static worker => worker.State == WorkerState.Unhealthy);
        await Eventually.TrueAsync(() => runpod.LivingContainers() == 0);
        Assert.True(runpod.Bill(endpoint).Seconds >= 1);
    }

    [Fact]
    public async Task AWorkerOfSeveralPlaces_StreamsSeveralJobsAtOnce()
    {
        var program = Path.Combine(AppContext.BaseDirectory, "worker", "Rouse.Worker.dll");
        var workers = new ProcessWorkers("dotnet", [program], TimeProvider.System) { Output = (_, line) => _output.Enqueue(line) };
        await using var runpod = await FakeRunpodServer.StartAsync(new FakeRunpodOptions { Runner = workers });
        using var client = new Client(runpod);
        var server = Path.Combine(AppContext.BaseDirectory, "Rouse.ModelServer.dll");
        var endpoint = await client.CreateEndpointAsync(body =>
        {
            body["env"] = new JsonObject
            {
                ["ROUSE_ENGINE"] = "process",
                ["ROUSE_PROCESS_COMMAND"] = new JsonArray("dotnet", server, "{port}", _folder).ToJsonString(),
                ["ROUSE_PROCESS_PATH"] = "/v1/chat/completions",
                ["ROUSE_PROCESS_CONCURRENCY"] = "2",
            };
            (body["scaling"]!["queueDelay"], body["workers"]!["max"], body["workers"]!["idleTimeout"]) = (0.5, 1, 1);
        });
        var request = JsonNode.Parse("""{"input":{"stream":true,"n":3}}""")!;
        var jobs = new List<string>();
        for (var i = 0; i < 4; i++) jobs.Add((await client.JobAsync(HttpMethod.Post, $"{endpoint}/run", request)).Text("id"));

        foreach (var job in jobs)
        {
            Got? status = null;
            await Eventually.TrueAsync(async () => (status = await client.JobAsync(HttpMethod.Get, $"{endpoint}/status/{job}")).Text("status") is "COMPLETED" or "FAILED");
            Assert.True(status!.Text("status") == "COMPLETED", string.Join('\n', _output));
            Assert.Equal("""[{"tok":0},{"tok":1},{"tok":2}]""", status.Body!["output"]!.ToJsonString());
            var stream = await client.JobAsync(HttpMethod.Get, $"{endpoint}/stream/{job}");
            Assert.Equal([0, 1, 2], stream.Body!["stream"]!.AsArray().Select(static part => (int)part!["output"]!["tok"]!));
        }

        await Eventually.TrueAsync(() => runpod.LivingContainers() == 0);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
