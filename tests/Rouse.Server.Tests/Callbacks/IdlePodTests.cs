using System.Text;
using System.Text.Json.Nodes;
using Rouse.FakeRunpod;
using Rouse.Server.Tests.Runpod;
using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.Callbacks;

/// <summary>A worker that idles asks to be put away: granted on a pod, where nobody else would see it, and work brings it back.</summary>
public sealed class IdlePodTests : IAsyncLifetime
{
    private const string Wish = """{"worker_id":"w","sequence":900,"cleanup":"idle_timeout"}""";

    private RunpodBench _bench = null!;

    private FakeRunpodServer Runpod => _bench.Runpod;

    public async Task InitializeAsync() => _bench = await RunpodBench.StartAsync();

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [Fact]
    public async Task IdlePod_IsStopped_WokenByAJob_AndLosesNothing()
    {
        var (id, worker) = await PodAsync("");
        Assert.Equal(("900", "3", "1"), ((string?)worker["CLEANUP_IDLE_TIMEOUT_SECONDS"], (string?)worker["CLEANUP_FAILURE_THRESHOLD"], (string?)worker["ROUSE_SOLE_WORKER"]));

        Assert.Equal(204, await WishAsync(worker));
        await _bench.UntilAsync(id, "hibernated");
        await Eventually.TrueAsync(() => Runpod.LivingContainers() == 0);
        Assert.Single(Runpod.Pods());

        var (status, job) = await _bench.Server.SendAsync(HttpMethod.Post, $"/v2/{id}/runsync", """{"input":{"prompt":"hills"}}""");
        Assert.True(status == 200 && job.GetProperty("status").GetString() == "COMPLETED", job.ToString());
        await _bench.UntilAsync(id, "ready");
        await _bench.DeleteAsync(id);
        Assert.Empty(Runpod.Pods());
    }

    [Fact]
    public async Task WorkThatComesBeforeTheStop_IsNotCutOff()
    {
        var (id, worker) = await PodAsync("");
        var run = _bench.Server.SendAsync(HttpMethod.Post, $"/v2/{id}/runsync", """{"input":{"prompt":"hills"}}""");
        Assert.Equal(204, await WishAsync(worker));
        var (status, job) = await run;
        Assert.True(status == 200 && job.GetProperty("status").GetString() == "COMPLETED", job.ToString());
    }

    [Fact]
    public async Task Wish_OfAWorkerThatIsToBeKept_IsNotGranted()
    {
        var (id, worker) = await PodAsync(""","min":1""");
        Assert.Equal("0", (string?)worker["CLEANUP_IDLE_TIMEOUT_SECONDS"]);
        Assert.Equal(204, await WishAsync(worker));
        Assert.Equal("ready", (await _bench.Server.GetAsync(id)).Status);
    }

    [Fact]
    public async Task Wish_OfAnEndpointsWorker_IsNotGranted_BecauseItsScalerOwnsIt()
    {
        var id = await _bench.DeployAsync();
        await _bench.UntilAsync(id, "ready");
        var worker = (JsonObject)Assert.Single(Runpod.Endpoints()).Settings["env"]!;
        Assert.False(worker.ContainsKey("CLEANUP_IDLE_TIMEOUT_SECONDS") || worker.ContainsKey("ROUSE_SOLE_WORKER"));
        Assert.Equal(204, await WishAsync(worker));
        Assert.Equal("ready", (await _bench.Server.GetAsync(id)).Status);
    }

    [Fact]
    public async Task Wish_OfADeploymentThatIsOver_RaisesNothing()
    {
        var (id, worker) = await PodAsync("");
        await _bench.DeleteAsync(id);
        Assert.Equal(410, await WishAsync(worker));
        Assert.Equal("deleted", (await _bench.Server.GetAsync(id)).Status);
    }

    private async Task<(string Id, JsonObject Worker)> PodAsync(string workers)
    {
        var id = await _bench.DeployAsync(""","provider":"runpod-pods","gpu_tier":"A10" """, workers);
        await _bench.UntilAsync(id, "ready");
        return (id, (JsonObject)Assert.Single(Runpod.Pods()).Settings["env"]!);
    }

    private Task<int> WishAsync(JsonObject worker) => SignedCall.Of(worker, Encoding.UTF8.GetBytes(Wish)).SendAsync(_bench.Server.Http);
}
