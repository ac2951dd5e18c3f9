using System.Text.Json.Nodes;
using Rouse.Core.Models;
using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.Runpod;

/// <summary>Another image for an engine's workers reaches the endpoints of that engine, each once, and no other.</summary>
public sealed class EngineImageTests : IAsyncLifetime
{
    private RunpodBench _bench = null!;

    public async Task InitializeAsync() => _bench = await RunpodBench.StartAsync(options => With(options, "rouse/worker:1", "rouse/process:1"));

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [Fact]
    public async Task AChangedImage_ReachesItsEnginesEndpoints_Once_AndIsFoughtOverWithNobody()
    {
        var process = (await _bench.UntilAsync(await _bench.DeployAsync(""","engine":"process" """), "ready")).BackendId!;
        Assert.Equal(process, (await _bench.UntilAsync(await _bench.DeployAsync(""","engine":"process" """), "ready")).BackendId);
        var onnx = (await _bench.UntilAsync(await _bench.DeployAsync(""","engine":"onnx" """), "ready")).BackendId!;

        await _bench.Server.RestartAsync(options => With(_bench.Options(options), "rouse/worker:1", "rouse/process:2"));
        await Eventually.TrueAsync(() => ImageOf(process) == "rouse/process:2");
        await SomePassesAsync();
        Assert.Equal([(process, "rouse/process:2")], Sent());

        // The general image is that of the engine without one of its own.
        await _bench.Server.RestartAsync(options => With(_bench.Options(options), "rouse/worker:2", "rouse/process:2"));
        await Eventually.TrueAsync(() => ImageOf(onnx) == "rouse/worker:2");
        // What another server, or a person, sets afterwards stays: two servers with different images do not take turns.
        _bench.Runpod.EditEndpoint(onnx, settings => settings["image"] = "rouse/worker:3");
        await SomePassesAsync();
        Assert.Equal([(process, "rouse/process:2"), (onnx, "rouse/worker:2")], Sent());
        Assert.Equal((2, "rouse/worker:3"), (_bench.Runpod.Endpoints().Count, ImageOf(onnx)));
    }

    [Fact]
    public async Task AnEngineThatNoImageHasAnyMore_KeepsWhatItsEndpointRuns()
    {
        var process = (await _bench.UntilAsync(await _bench.DeployAsync(""","engine":"process" """), "ready")).BackendId!;
        await _bench.Server.RestartAsync(options => With(_bench.Options(options), "rouse/worker:2", process: null));
        await SomePassesAsync();
        Assert.Equal("rouse/process:1", ImageOf(process));
        Assert.Empty(Sent());
    }

    /// <summary>The account's list was read again and again, and each reading serves a pass over each deployment.</summary>
    private async Task SomePassesAsync()
    {
        var before = Lists();
        await Eventually.TrueAsync(() => Lists() >= before + 4);

        int Lists() => _bench.Runpod.Calls.Count(call => call is { Method: "GET", Path: "/v2/serverless" });
    }

    private string? ImageOf(string endpoint) => (string?)_bench.Runpod.Endpoints().Single(one => one.Id == endpoint).Settings["image"];

    private IEnumerable<(string Endpoint, string Image)> Sent() => _bench.Runpod.Calls
        .Where(call => call.Method == "PATCH" && JsonNode.Parse(call.Body)!["image"] is not null)
        .Select(call => (call.Path.Split('/')[^1], (string)JsonNode.Parse(call.Body)!["image"]!));

    private static RouseHostOptions With(RouseHostOptions options, string image, string? process) => options with
    {
        Runpod = options.Runpod! with
        {
            Image = image, Engines = [WorkerEngine.Onnx],
            EngineImages = process is null ? new Dictionary<WorkerEngine, string>() : new Dictionary<WorkerEngine, string> { [WorkerEngine.Process] = process },
        },
    };
}
