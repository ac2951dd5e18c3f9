using Rouse.Core.Tenancy;

namespace Rouse.Server.Tests.Runpod;

/// <summary>What Runpod's queue would never take is refused where the caller hears of it, and what is the operator's stays off callers' accounts.</summary>
public sealed class JobBoundTests : IAsyncLifetime
{
    private const string Key = "rpa_the_key_of_a_caller";
    private RunpodBench _bench = null!;

    public async Task InitializeAsync() => _bench = await RunpodBench.StartAsync(options => options with
    {
        WorkerVariables = new Dictionary<string, Secret> { ["SECRET_OF_ALL"] = new("hidden-from-callers") },
        Runpod = options.Runpod! with { WorkerVariables = new Dictionary<string, Secret> { ["MODE"] = new("faster-there") } },
    });

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [Fact]
    public async Task AJobLargerThanTheProvidersQueueTakes_IsRefusedAtTheDoor_AndNothingIsQueued()
    {
        var id = await _bench.DeployAsync();
        // Runpod's 10 MB are for /run, which jobs are handed on by, also those of /runsync.
        var (status, problem) = await _bench.Server.SendAsync(HttpMethod.Post, $"/v2/{id}/runsync", Job(10 << 20));
        Assert.Equal((413, "BODY_TOO_LARGE"), (status, problem.GetProperty("code").GetString()));
        Assert.Contains("at most 10484736 bytes", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        var (_, health) = await _bench.Server.SendAsync(HttpMethod.Get, $"/v2/{id}/health");
        Assert.Equal(0, health.GetProperty("jobs").GetProperty("inQueue").GetInt32());

        await _bench.UntilAsync(id, "ready");
        var (taken, job) = await _bench.Server.SendAsync(HttpMethod.Post, $"/v2/{id}/runsync", Job((10 << 20) - 2048));
        Assert.True(taken == 200 && job.GetProperty("status").GetString() == "COMPLETED", job.GetProperty("status").ToString());

        static string Job(int bytes) => $$$"""{"input":{"prompt":"{{{new string('x', bytes)}}}"}}""";
    }

    [Fact]
    public async Task OnACallersAccount_WorkersGetWhatIsForWorkersThere_AndNothingElseOfTheOperators()
    {
        await _bench.UntilAsync(await _bench.DeployAsync(), "ready");
        var own = Assert.Single(_bench.Runpod.Endpoints()).Settings["env"]!;
        Assert.Equal(("hidden-from-callers", "faster-there"), ((string?)own["SECRET_OF_ALL"], (string?)own["MODE"]));

        _bench.Runpod.AddAccount("caller", 50, Key);
        await _bench.UntilAsync(await _bench.DeployAsync($$""","user_runpod_key":"{{Key}}" """), "ready");
        var theirs = Assert.Single(_bench.Runpod.Endpoints("caller")).Settings["env"]!;
        Assert.Equal((null, "faster-there"), ((string?)theirs["SECRET_OF_ALL"], (string?)theirs["MODE"]));
    }
}
