using System.Net;
using System.Net.Sockets;
using System.Text;
using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.JobPlane;

/// <summary>Long polls: each is held for minutes, so whatever returns was woken.</summary>
public sealed class PollTests(LongPollsFixture fixture) : IClassFixture<LongPollsFixture>
{
    private readonly JobPlaneApp _app = fixture.NewDeployment();

    [Fact]
    public async Task AWaitingTake_IsWokenByASubmission()
    {
        var take = _app.Worker().TakeAsync();
        await SeenAsync("w1");

        var id = await _app.RunAsync();

        Assert.Equal(id, (await take)!.Id);
    }

    [Fact]
    public async Task WaitingTakes_GetOneJobEach()
    {
        var takes = Enumerable.Range(0, 8).Select(i => _app.Worker($"w{i}").TakeAsync()).ToList();
        for (var i = 0; i < 8; i++) await SeenAsync($"w{i}");

        var ids = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => _app.RunAsync()));

        Assert.Equal(ids.ToHashSet(StringComparer.Ordinal), (await Task.WhenAll(takes)).Select(job => job!.Id).ToHashSet(StringComparer.Ordinal));
    }

    [Fact]
    public async Task ATakeWhoseConnectionDied_LeavesTheJobToTheNextWorker()
    {
        using (var socket = new TcpClient())
        {
            await socket.ConnectAsync(IPAddress.Loopback, _app.Base.Port);
            await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
                $"GET /v2/{_app.Deployment}/job-take/dying?gpu=x HTTP/1.1\r\nHost: x\r\nAuthorization: {JobPlaneApp.WorkerToken}\r\n\r\n"));
            await SeenAsync("dying");
        }

        var take = _app.Worker("next").TakeAsync();
        await SeenAsync("next");
        var id = await _app.RunAsync();

        // Whether the server noticed the cut before the job came or only while it wrote the answer: the job is with the one that lives.
        Assert.Equal(id, (await take)!.Id);
        Assert.Equal("next", (await _app.StatusAsync(id)).GetProperty("workerId").GetString());
    }

    [Fact]
    public async Task CancelOfARunningJob_ReachesItsWorkersStopPoll()
    {
        var id = await _app.RunAsync();
        await _app.Worker().TakeNextAsync();
        var stops = _app.Worker().StopsAsync();

        var (_, reply) = await _app.PostAsync($"cancel/{id}");

        Assert.Equal("CANCELLED", reply.GetProperty("status").GetString());
        Assert.Equal([id], await stops);
        await _app.Worker().DoneAsync(id, """{"output":"too late"}""");
        Assert.Equal("CANCELLED", await _app.WordAsync(id));
        Assert.Equal("CANCELLED", (await _app.PostAsync($"cancel/{id}")).Reply.GetProperty("status").GetString());
    }

    [Fact]
    public async Task CancelOfAWaitingJob_KeepsItFromRunning()
    {
        var cancelled = await _app.RunAsync();
        await _app.PostAsync($"cancel/{cancelled}");
        var take = _app.Worker().TakeAsync();
        await SeenAsync("w1");

        Assert.Equal(await _app.RunAsync(), (await take)!.Id);
        Assert.Equal("CANCELLED", await _app.WordAsync(cancelled));
    }

    [Fact]
    public async Task CancelOfAJobThatSomebodyWaitsFor_AnswersTheWait()
    {
        var call = _app.PostAsync("runsync?wait=300000", """{"input":{"a":1}}""");
        var job = await _app.Worker().TakeNextAsync();

        await _app.PostAsync($"cancel/{job.Id}");

        Assert.Equal("CANCELLED", (await call).Reply.GetProperty("status").GetString());
    }

    [Fact]
    public async Task ADrainedWorkersPolls_ReturnAtOnceAndItGetsNoMoreJobs()
    {
        var (take, stops) = (_app.Worker("old").TakeAsync(), _app.Worker("old").StopsAsync());
        await SeenAsync("old");

        _app.Plane.StopOffering(_app.Deployment, "old");

        Assert.Null(await take);
        Assert.Empty(await stops);
        var id = await _app.RunAsync();
        Assert.Null(await _app.Worker("old").TakeAsync());
        Assert.Equal(id, (await _app.Worker("new").TakeNextAsync()).Id);
    }

    [Fact]
    public async Task AWorkerThatAsksToBeReplaced_GetsNoMoreJobs()
    {
        var id = await _app.RunAsync();
        await _app.Worker().TakeNextAsync();
        await _app.Worker().DoneAsync(id, """{"output": {"x": 1}, "stopPod": true}""");

        Assert.True(_app.Plane.Sightings(_app.Deployment)["w1"].Recycle);
        Assert.Equal("COMPLETED", await _app.WordAsync(id));
        var next = await _app.RunAsync();
        Assert.Null(await _app.Worker().TakeAsync());
        Assert.Equal(next, (await _app.Worker("w2").TakeNextAsync()).Id);
    }

    [Fact]
    public async Task AnEndedDeploymentsJobs_EndWithIt()
    {
        var waiting = _app.PostAsync("runsync?wait=300000", """{"input":{"a":1}}""");
        var id = (await _app.Worker().TakeNextAsync()).Id;
        var stops = _app.Worker().StopsAsync();

        await _app.Plane.AbandonAsync(_app.Deployment, "the deployment was deleted", default);

        Assert.Equal(("FAILED", "the deployment was deleted"),
            (await waiting).Reply is var reply ? (reply.GetProperty("status").GetString(), reply.GetProperty("error").GetString()) : default);
        Assert.Equal([id], await stops);
    }

    [Fact]
    public async Task AStoppingServer_SendsItsWaitingWorkersAwayWithABackOff()
    {
        await using var app = await JobPlaneApp.StartAsync(_app.Plane.Limits);
        var take = app.Worker().SendAsync(HttpMethod.Get, "job-take/w1?gpu=x&job_in_progress=0", body: null, default);
        await Eventually.TrueAsync(() => app.Plane.Sightings(app.Deployment).ContainsKey("w1"));

        await app.StopAsync();

        Assert.Equal(HttpStatusCode.TooManyRequests, (await take).StatusCode);
    }

    [Fact]
    public async Task AStoreThatFails_CostsNoResultAndMakesNoWorkerSpin()
    {
        await using var app = await JobPlaneApp.StartAsync();
        var id = await app.RunAsync();
        await app.RunAsync();
        await app.Worker().TakeNextAsync();
        await app.LoseStoreAsync();

        using var take = await app.Worker().SendAsync(HttpMethod.Get, "job-take/w1?gpu=x&job_in_progress=0", body: null, default);
        Assert.Equal((HttpStatusCode.TooManyRequests, "5"), (take.StatusCode, take.Headers.GetValues("Retry-After").Single()));
        // A worker sends its result again after 5xx, and only then.
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await app.Worker().DoneAsync(id, """{"output":1}"""));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "STORAGE_UNAVAILABLE"),
            await app.PostAsync("run", """{"input":{"a":1}}""") is var (status, reply) ? (status, reply.GetProperty("code").GetString()) : default);
    }

    private Task SeenAsync(string worker) =>
        Eventually.TrueAsync(() => _app.Plane.Sightings(_app.Deployment).ContainsKey(worker));
}
