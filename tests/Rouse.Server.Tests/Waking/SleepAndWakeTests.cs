using Microsoft.Extensions.DependencyInjection;
using Rouse.Core.Deployments;
using Rouse.Gateway.Routing;
using Rouse.Store.Deployments;

namespace Rouse.Server.Tests.Waking;

/// <summary>A service on a pod: ready when it answers, put away when nobody uses it, back when somebody does, on another machine if need be.</summary>
public sealed class SleepAndWakeTests : IAsyncLifetime
{
    private WakingBench _bench = null!;

    public async Task InitializeAsync() => _bench = await WakingBench.StartAsync();

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [Fact]
    public async Task AService_IsReadyOnlyOnceItAnswers_AndTheRouteSaysWhyUntilThen()
    {
        _bench.Pods.Health = static context =>
        {
            context.Response.StatusCode = 204;
            return Task.CompletedTask;
        };
        var id = await _bench.Server.DeployAsync("""{"service":{"image":"org/tts:1"},"provider":"runpod-pods","gpu_tier":"A10"}""");
        await TestKit.Time.Eventually.TrueAsync(() => _bench.Routes.Find(DeploymentId.Parse(id))?.Waiting?.Message.Contains("204", StringComparison.Ordinal) == true);
        Assert.NotEqual("ready", (await _bench.Server.GetAsync(id)).Status);
        Assert.Empty(_bench.Route(id).Backends);

        _bench.Pods.Health = static context => Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(context.Response, """{"status":"installing"}""");
        await _bench.UntilAsync(id, "ready");
        await _bench.UntilRouteAsync(id, RouteState.Ready);
        var pod = Assert.Single(_bench.Pods.Running);
        Assert.Contains(pod, Assert.Single(_bench.Route(id).Backends).Address.AbsoluteUri, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnIdleService_IsStopped_AndComesBackUnderAnotherName_AsOftenAsItIsWanted()
    {
        var id = await _bench.ReadyAsync(workers: ""","idle_timeout_seconds":1""");
        var names = new HashSet<string>(StringComparer.Ordinal) { _bench.Route(id).Backends[0].Id };
        for (var cycle = 0; cycle < Cycles; cycle++)
        {
            await _bench.UntilAsync(id, "hibernated");
            await TestKit.Time.Eventually.TrueAsync(() => _bench.Pods.Running.Count == 0);
            Assert.Equal(RouteState.NotReady, _bench.Route(id).State);
            _bench.Want(id, wanted: true);
            await _bench.UntilRouteAsync(id, RouteState.Ready);
            Assert.True(names.Add(_bench.Route(id).Backends[0].Id));
            await _bench.UntilAsync(id, "ready");
            _bench.Want(id, wanted: false);
        }

        Assert.Equal(Cycles + 1, _bench.Pods.Starts);
        Assert.Single(_bench.Runpod.Pods());
        Assert.Equal(EstimateBasis.Model, _bench.Route(id).WakeEstimate.Basis);
    }

    [Fact]
    public async Task AServiceInUseAnywhere_IsNotStopped_HoweverLongAgoItBegan()
    {
        var id = await _bench.ReadyAsync(workers: ""","idle_timeout_seconds":2""");
        var activity = _bench.Server.Host.Services.GetRequiredService<ActivityStore>();
        // Another replica has a stream under way that began long ago.
        var now = TimeProvider.System.GetUtcNow();
        await activity.NoteAsync(DeploymentId.Parse(id), "other", now.AddHours(-1), now.AddSeconds(6), CancellationToken.None);
        var until = now.AddSeconds(5);
        await TestKit.Time.Eventually.TrueAsync(() =>
        {
            Assert.Equal(RouteState.Ready, _bench.Route(id).State);
            return TimeProvider.System.GetUtcNow() > until;
        });
        // That replica died: its word holds no longer.
        await _bench.UntilAsync(id, "hibernated");
    }

    [Fact]
    public async Task ARequestDuringTheDrain_KeepsItAwake()
    {
        var id = await _bench.ReadyAsync();
        _bench.Want(id, wanted: true);
        Assert.True(await _bench.HibernateAsync(id));
        await _bench.UntilRouteAsync(id, RouteState.Ready);
        await _bench.UntilAsync(id, "ready");
        Assert.Equal(1, _bench.Pods.Starts);
    }

    [Fact]
    public async Task AServerThatDiesBetweenTheDecisionAndTheStop_StopsItAfterItsRestart()
    {
        var id = await _bench.ReadyAsync();
        Assert.True(await _bench.HibernateAsync(id));
        await _bench.RestartAsync();
        await TestKit.Time.Eventually.TrueAsync(() => _bench.Pods.Running.Count == 0);
        Assert.Equal("hibernated", (await _bench.Server.GetAsync(id)).Status);
    }

    [Theory]
    [InlineData(""","network_volume":"vol1" """, "goes with it")]
    [InlineData("", "is lost")]
    public async Task AWakeWithoutAFreeGpuOnItsMachine_ComesUpElsewhere_AndNothingIsLeftBehind(string service, string told)
    {
        var id = await _bench.ReadyAsync(service);
        var first = Assert.Single(_bench.Pods.Running);
        Assert.True(await _bench.HibernateAsync(id));
        await TestKit.Time.Eventually.TrueAsync(() => _bench.Pods.Running.Count == 0);
        _bench.Runpod.Script.HostHasNoFreeGpu = true;

        _bench.Want(id, wanted: true);
        await _bench.UntilRouteAsync(id, RouteState.Ready);
        await _bench.UntilAsync(id, "ready");
        Assert.NotEqual(first, Assert.Single(_bench.Pods.Running));
        Assert.Single(_bench.Runpod.Pods());
        Assert.Contains((await _bench.Server.GetAsync(id)).Logs, line => line.Message.Contains("moved to another machine", StringComparison.Ordinal) && line.Message.Contains(told, StringComparison.Ordinal));
    }

    [Fact]
    public async Task AServiceIsPutToSleepAndWoken_ByHand_AndWhatIsNotOursToStopIsNot()
    {
        var id = await _bench.ReadyAsync();
        Assert.Equal((202, "hibernated"), await AskAsync(id, "sleep"));
        await TestKit.Time.Eventually.TrueAsync(() => _bench.Pods.Running.Count == 0);
        Assert.Equal((202, "hibernated"), await AskAsync(id, "sleep"));
        Assert.Equal(202, (await AskAsync(id, "wake")).Status);
        await _bench.UntilRouteAsync(id, RouteState.Ready);
        await _bench.UntilAsync(id, "ready");
        Assert.Equal((202, "ready"), await AskAsync(id, "wake"));

        Assert.Equal(404, (await AskAsync("dep_00000000000000000000000000", "wake")).Status);
        var server = await _bench.Server.DeployAsync("""{"service":{"upstream":"https://example.test/"}}""");
        Assert.Equal((409, "CANNOT_SLEEP"), await AskAsync(server, "sleep"));
    }

    [Fact]
    public async Task AServiceThatMayNotMove_WaitsForItsMachine_AndSaysSo()
    {
        var id = await _bench.ReadyAsync(""","fallback":"none" """);
        var first = Assert.Single(_bench.Pods.Running);
        Assert.True(await _bench.HibernateAsync(id));
        await TestKit.Time.Eventually.TrueAsync(() => _bench.Pods.Running.Count == 0);
        _bench.Runpod.Script.HostHasNoFreeGpu = true;
        _bench.Want(id, wanted: true);
        await TestKit.Time.Eventually.TrueAsync(() => _bench.Route(id).Waiting is { Code: FailureCodes.NoCapacity });
        _bench.Runpod.Script.HostHasNoFreeGpu = false;
        await _bench.UntilRouteAsync(id, RouteState.Ready);
        Assert.Equal(first, Assert.Single(_bench.Pods.Running));
    }

    /// <returns>The status, and the deployment's or the error code.</returns>
    private async Task<(int Status, string Told)> AskAsync(string id, string verb)
    {
        var (status, body) = await _bench.Server.SendAsync(HttpMethod.Post, $"/v1/deployments/{id}/{verb}");
        return (status, body.GetProperty(status == 202 ? "status" : "code").GetString()!);
    }

    /// <summary>5; ROUSE_WAKE_CYCLES sets more.</summary>
    private static int Cycles { get; } = int.TryParse(Environment.GetEnvironmentVariable("ROUSE_WAKE_CYCLES"), out var cycles) ? cycles : 5;
}
