using Microsoft.Extensions.DependencyInjection;
using Rouse.Core.Deployments;
using Rouse.Gateway.Admission;
using Rouse.Gateway.Routing;
using Rouse.TestKit.Time;
using Xunit.Abstractions;

namespace Rouse.Server.Tests.Waking;

/// <summary>Requests that come while a service sleeps, wakes, or is just being put away: each is held, answered once, and none is cut off.</summary>
public sealed class RequestsThroughSleepTests(ITestOutputHelper output) : IAsyncLifetime
{
    private WakingBench _bench = null!;

    /// <summary>5; ROUSE_WAKE_CYCLES sets more.</summary>
    private static int Cycles { get; } = int.TryParse(Environment.GetEnvironmentVariable("ROUSE_WAKE_CYCLES"), out var cycles) ? cycles : 5;

    /// <summary>Requests at once in a cycle: 10; ROUSE_WAKE_BURST sets up to 100.</summary>
    private static int Burst { get; } = int.TryParse(Environment.GetEnvironmentVariable("ROUSE_WAKE_BURST"), out var burst) ? Math.Min(burst, 100) : 10;

    private Doorkeeper Doorkeeper => _bench.Server.Host.Services.GetRequiredService<Doorkeeper>();

    public async Task InitializeAsync() => _bench = await WakingBench.StartAsync();

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [Fact]
    public async Task EveryRequest_IsAnsweredOnce_AtWhateverMomentOfASleepItComes()
    {
        var id = await _bench.ReadyAsync(""","concurrency":4,"max_queue":100""", ""","idle_timeout_seconds":1""");
        var sent = 0;
        for (var cycle = 0; cycle < Cycles; cycle++)
        {
            // Before the idle time is over, while it drains, as it is being stopped, and when it sleeps.
            var pause = TimeSpan.FromMilliseconds(900 + (cycle % 5 * 400));
            var until = TimeProvider.System.GetTimestamp();
            await Eventually.TrueAsync(() => TimeProvider.System.GetElapsedTime(until) >= pause);
            var answers = await Task.WhenAll(Enumerable.Range(sent, Burst).Select(number => AskAsync(id, number)));
            Assert.All(answers, status => Assert.Equal(200, status));
            sent += Burst;
        }

        Assert.Equal(sent, _bench.Pods.Done.Count);
        Assert.All(_bench.Pods.Done, done => Assert.Equal(1, done.Value));
        Assert.Single(_bench.Runpod.Pods());
        output.WriteLine($"sleep: {Cycles} cycles, {sent} requests, all answered 200, each done once; the container started {_bench.Pods.Starts} times");
    }

    [Fact]
    public async Task AStreamUnderWay_IsActivity_HoweverLongItTakes()
    {
        var id = await _bench.ReadyAsync(workers: ""","idle_timeout_seconds":1""");
        var admitted = await EnterAsync(id);
        var began = TimeProvider.System.GetTimestamp();
        await Eventually.TrueAsync(() =>
        {
            Assert.Equal(RouteState.Ready, _bench.Route(id).State);
            return TimeProvider.System.GetElapsedTime(began) > TimeSpan.FromSeconds(4);
        });
        admitted.Grant!.Dispose();
        await _bench.UntilAsync(id, "hibernated");
    }

    [Fact]
    public async Task ManyServices_WakeAtOnce()
    {
        const int services = 25;
        _bench.Runpod.SetBalance(1_000);
        var ids = await Task.WhenAll(Enumerable.Range(0, services).Select(_ => _bench.ReadyAsync()));
        foreach (var id in ids) Assert.True(await _bench.HibernateAsync(id));
        await Eventually.TrueAsync(() => _bench.Pods.Running.Count == 0);
        var statuses = await Task.WhenAll(ids.Select((id, number) => AskAsync(id, number)));
        Assert.All(statuses, status => Assert.Equal(200, status));
        Assert.Equal(services, _bench.Pods.Running.Count);
    }

    private async Task<int> AskAsync(string id, int number)
    {
        using var response = await _bench.Server.Http.GetAsync(new Uri($"/d/{id}/tasks/{number}", UriKind.Relative));
        await response.Content.ReadAsByteArrayAsync();
        return (int)response.StatusCode;
    }

    private async Task<Admitted> EnterAsync(string id) =>
        await Doorkeeper.EnterAsync(DeploymentId.Parse(id), new Ask(_bench.Route(id).Tenant, AskPriority.Held, Bytes: 0), CancellationToken.None);
}
