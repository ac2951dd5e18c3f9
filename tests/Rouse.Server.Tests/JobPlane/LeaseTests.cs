using System.Net;
using Rouse.Core.Jobs;
using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.JobPlane;

/// <summary>What time does to jobs, with a clock that the test moves.</summary>
public sealed class LeaseTests : IAsyncLifetime
{
    private readonly ManualTime _time = new();
    private readonly JobLimits _limits = new();
    private JobPlaneApp _app = null!;

    public async Task InitializeAsync()
    {
        _app = await JobPlaneApp.StartAsync(_limits, _time);
        // A plane sweeps only once it is a lease old.
        await PassAsync(_limits.Lease);
    }

    public async Task DisposeAsync() => await _app.DisposeAsync();

    [Fact]
    public async Task AJobOfADeadWorker_RunsAgainAndEndsOnce()
    {
        var id = await TakenAsync("w1");
        await PassAsync(_limits.Lease);

        Assert.Equal(id, (await _app.Worker("w2").TakeNextAsync()).Id);
        await _app.Worker("w2").DoneAsync(id, """{"output":"second"}""");
        Assert.Equal(HttpStatusCode.OK, await _app.Worker("w1").DoneAsync(id, """{"output":"late"}"""));

        var job = await _app.StatusAsync(id);
        Assert.Equal(("COMPLETED", "\"second\"", 1), (job.GetProperty("status").GetString(), job.GetProperty("output").GetRawText(), job.GetProperty("retries").GetInt32()));
        Assert.Equal(1, (await _app.GetAsync("health")).Reply.GetProperty("jobs").GetProperty("retried").GetInt32());
    }

    [Fact]
    public async Task ALateResult_CountsOnceAndStopsTheOtherRun()
    {
        var id = await TakenAsync("w1");
        await PassAsync(_limits.Lease);
        await _app.Worker("w2").TakeNextAsync();

        await _app.Worker("w1").DoneAsync(id, """{"output":"late"}""");

        Assert.Equal([id], await _app.Worker("w2").StopsAsync());
        await _app.Worker("w2").DoneAsync(id, """{"error":"stopped"}""");
        Assert.Equal("\"late\"", (await _app.StatusAsync(id)).GetProperty("output").GetRawText());
    }

    [Fact]
    public async Task APing_KeepsTheJobsItLists()
    {
        var kept = await TakenAsync("w1");
        var lost = await TakenAsync("w1");
        for (var i = 0; i < 3; i++)
        {
            await PassAsync(_limits.Lease / 2);
            Assert.Equal(HttpStatusCode.OK, await _app.Worker("w1").PingAsync(kept));
        }

        Assert.Equal(("IN_PROGRESS", "IN_QUEUE"), (await _app.WordAsync(kept), await _app.WordAsync(lost)));
    }

    [Fact]
    public async Task APing_OfAJobThatIsNotTheWorkersAnyMore_HasItStopped()
    {
        var id = await TakenAsync("w1");
        await PassAsync(_limits.Lease);
        await _app.Worker("w2").TakeNextAsync();

        await _app.Worker("w1").PingAsync(id);

        Assert.Equal([id], await _app.Worker("w1").StopsAsync());
    }

    [Fact]
    public async Task AWorkerThatGetsAJobAgain_IsNotToldToStopIt()
    {
        var id = await TakenAsync("w1");
        await PassAsync(_limits.Lease);
        await _app.Worker("w1").PingAsync(id);

        Assert.Equal(id, (await _app.Worker("w1").TakeNextAsync()).Id);

        var poll = _app.Worker("w1").StopsAsync();
        await Eventually.TrueAsync(() => PassedAsync(poll));
        Assert.Empty(await poll);
    }

    [Fact]
    public async Task AJobThatLostItsWorkerTooOften_Fails()
    {
        var id = await _app.RunAsync();
        for (var run = 1; run <= _limits.MaxTries; run++)
        {
            await _app.Worker($"w{run}").TakeNextAsync();
            await PassAsync(_limits.Lease);
        }

        var job = await _app.StatusAsync(id);
        Assert.Equal(("FAILED", "job timed out after 2 retries"), (job.GetProperty("status").GetString(), job.GetProperty("error").GetString()));
    }

    [Fact]
    public async Task AJobOfAWorkerThatItsPoolSawDie_RunsAgainAtOnce()
    {
        var id = await TakenAsync("w1");

        await _app.Plane.ReleaseAsync(_app.Deployment, "w1", default);

        Assert.Equal(id, (await _app.Worker("w2").TakeNextAsync()).Id);
        Assert.DoesNotContain("w1", _app.Plane.Sightings(_app.Deployment).Keys);
    }

    [Fact]
    public async Task ExecutionTimeout_EndsTheJobAndStopsItsWorker()
    {
        var id = await TakenAsync("w1", """{"input":{"a":1},"policy":{"executionTimeout":5000}}""");
        await PassAsync(TimeSpan.FromMilliseconds(4999));
        await _app.Worker("w1").PingAsync(id);
        Assert.Equal("IN_PROGRESS", await _app.WordAsync(id));

        await PassAsync(TimeSpan.FromMilliseconds(1));

        Assert.Equal("TIMED_OUT", await _app.WordAsync(id));
        Assert.Equal([id], await _app.Worker("w1").StopsAsync());
        Assert.Equal(HttpStatusCode.OK, (await _app.PostAsync($"retry/{id}")).Status);
    }

    [Fact]
    public async Task Ttl_LetsAJobVanishWaitingOrRunning()
    {
        const string Body = """{"input":{"a":1},"policy":{"ttl":10000}}""";
        var running = await TakenAsync("w1", Body);
        var waiting = await _app.RunAsync(Body);

        await PassAsync(TimeSpan.FromSeconds(10));

        Assert.Equal(HttpStatusCode.NotFound, (await _app.GetAsync($"status/{running}")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await _app.GetAsync($"status/{waiting}")).Status);
        Assert.Equal([running], await _app.Worker("w1").StopsAsync());
        Assert.Equal(HttpStatusCode.OK, await _app.Worker("w1").DoneAsync(running, """{"output":1}"""));
    }

    [Fact]
    public async Task AResult_IsKeptForADayAndASilentWorkerForTenMinutes()
    {
        var id = await TakenAsync("w1");
        await _app.Worker("w1").DoneAsync(id, """{"output":1}""");
        Assert.Contains("w1", _app.Plane.Sightings(_app.Deployment).Keys);

        await PassAsync(_limits.ResultsKept - TimeSpan.FromSeconds(1));
        Assert.Equal("COMPLETED", await _app.WordAsync(id));
        Assert.Empty(_app.Plane.Sightings(_app.Deployment));

        await PassAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(HttpStatusCode.NotFound, (await _app.GetAsync($"status/{id}")).Status);
    }

    [Fact]
    public async Task ARestartedPlane_GivesLivingWorkersTimeToPing()
    {
        var id = await TakenAsync("w1");
        await _app.StopAsync();
        _time.Advance(_limits.Lease);
        await using var next = await JobPlaneApp.StartAsync(_limits, _time, _app.Folder, _app.Deployment);

        await next.Plane.TickAsync(default);
        await next.Worker("w1").PingAsync(id);
        _time.Advance(_limits.Lease - TimeSpan.FromSeconds(1));
        await next.Plane.TickAsync(default);

        Assert.Equal("IN_PROGRESS", await next.WordAsync(id));
    }

    private async Task<string> TakenAsync(string worker, string body = """{"input":{"a":1}}""")
    {
        var id = await _app.RunAsync(body);
        Assert.Equal(id, (await _app.Worker(worker).TakeNextAsync()).Id);
        return id;
    }

    private async Task PassAsync(TimeSpan time)
    {
        _time.Advance(time);
        await _app.Plane.TickAsync(default);
    }

    private ValueTask<bool> PassedAsync(Task poll)
    {
        _time.Advance(TimeSpan.FromSeconds(1));
        return ValueTask.FromResult(poll.IsCompleted);
    }
}
