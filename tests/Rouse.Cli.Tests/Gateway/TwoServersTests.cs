using System.Text;
using Rouse.Cli.Tests.Draining;
using Rouse.FakeRunpod;
using Rouse.TestKit.Postgres;
using Rouse.TestKit.Time;

namespace Rouse.Cli.Tests.Gateway;

/// <summary>Two real servers on one PostgreSQL, before one service that sleeps.</summary>
public sealed class TwoServersTests : IAsyncLifetime
{
    private const int Each = 10;

    /// <summary>Longer than the idle time below, by which a server that knew of itself alone would put the service to sleep.</summary>
    private static readonly TimeSpan s_watch = TimeSpan.FromSeconds(3);

    private readonly GatewayProgram _one = new();
    private readonly GatewayProgram _other = new();
    private SleepyPods _pods = null!;
    private FakeRunpodServer _runpod = null!;

    public async Task InitializeAsync()
    {
        _pods = await SleepyPods.StartAsync();
        _runpod = await FakeRunpodServer.StartAsync(new FakeRunpodOptions { Runner = _pods });
    }

    public async Task DisposeAsync()
    {
        _one.Dispose();
        _other.Dispose();
        await _runpod.DisposeAsync();
        await _pods.DisposeAsync();
    }

    [PostgresFact]
    public async Task BothHoldAndWakeAsOne_AndNeitherSleepsOnTheOthersStream()
    {
        (string, string)[] variables =
        [
            ("RUNPOD_API_KEY", FakeRunpodServer.Key), ("ROUSE_RUNPOD_IMAGE", "me/worker:1"), ("RUNPOD_API_URL", _runpod.ManagementUrl.ToString()), ("RUNPOD_JOBS_URL", _runpod.JobsUrl.ToString()),
            ("ROUSE_RUNPOD_POD_URL", _pods.AddressTemplate), ("ROUSE_MASTER_KEY", Convert.ToBase64String(new byte[32])),
            ("ROUSE_DATABASE", await (await PostgresServer.SharedAsync()).CreateDatabaseAsync()),
        ];
        await Task.WhenAll(_one.StartAsync(variables), _other.StartAsync(variables));
        var (status, body, _) = await _one.SendAsync(HttpMethod.Post, "/v1/deployments", new StringContent(
            """{"name":"two","service":{"image":"org/tts:1","concurrency":4,"max_queue":100},"provider":"runpod-pods","gpu_tier":"A10","workers":{"max":1,"idle_timeout_seconds":1}}""",
            Encoding.UTF8, "application/json"));
        Assert.True(status == 202, body);
        foreach (var server in new[] { _one, _other }) await Eventually.TrueAsync(async () => (await server.SendAsync(HttpMethod.Get, "/d/two/warm")).Status == 200);

        // A stream through one of them keeps it awake for both.
        var streaming = _other.SendAsync(HttpMethod.Get, "/d/two/stream");
        await Eventually.TrueAsync(() => _pods.Streams == 1);
        var began = TimeProvider.System.GetTimestamp();
        await Eventually.TrueAsync(() => TimeProvider.System.GetElapsedTime(began) > s_watch);
        _pods.EndStreams();
        Assert.EndsWith("data: last\n\n", (await streaming).Body, StringComparison.Ordinal);
        await Eventually.TrueAsync(() => _pods.Running == 0);
        Assert.Equal(0, _pods.CutOff);

        // Both hold, and it wakes once.
        var starts = _pods.Starts;
        var answers = await Task.WhenAll(Enumerable.Range(0, 2 * Each).Select(async n => (await (n % 2 == 0 ? _one : _other).SendAsync(HttpMethod.Get, $"/d/two/woken/{n}")).Status));
        Assert.All(answers, static one => Assert.Equal(200, one));
        Assert.Equal(starts + 1, _pods.Starts);
        Assert.Single(_runpod.Pods());
        Assert.Equal(2 * Each, _pods.Done.Count(static done => done.Key.StartsWith("woken/", StringComparison.Ordinal) && done.Value == 1));
    }
}
