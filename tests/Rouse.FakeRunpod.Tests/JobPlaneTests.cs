using System.Net;
using System.Text.Json.Nodes;
using Rouse.FakeRunpod.Http;
using Rouse.FakeRunpod.Script;
using Rouse.FakeRunpod.Serverless;
using Rouse.FakeRunpod.Workers;
using Rouse.TestKit.Jobs;
using Rouse.TestKit.Time;

namespace Rouse.FakeRunpod.Tests;

/// <summary>The job plane from both sides; the worker's side as runpod-python 1.12.0 was captured.</summary>
public sealed class JobPlaneTests : IAsyncLifetime
{
    private readonly ManualTime _time = new();
    private readonly RecordingRunner _runner = new();
    private FakeRunpodServer _runpod = null!;
    private Client _client = null!;
    private HttpClient _http = null!;
    private string _endpoint = null!;

    public async Task InitializeAsync()
    {
        _runpod = await FakeRunpodServer.StartAsync(new FakeRunpodOptions { Time = _time, Runner = _runner });
        _client = new Client(_runpod);
        _http = new HttpClient { BaseAddress = new Uri(_runpod.JobsUrl, "/") };
        _endpoint = await _client.CreateEndpointAsync(static body => body["workers"]!["min"] = 1);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        _http.Dispose();
        await _runpod.DisposeAsync();
    }

    [Fact]
    public async Task AJob_GoesToTheWorkerAsSent_AndItsResultBack()
    {
        var job = (await _client.RunAsync(_endpoint)).Text("id");
        _time.Advance(TimeSpan.FromMilliseconds(250));
        var taken = await Worker().TakeNextAsync();
        Assert.Equal((job, """{"prompt":"a cat"}"""), (taken.Id, taken.Input));
        Assert.Equal(WorkerState.Running, _runpod.Workers(_endpoint)[0].State);
        _time.Advance(TimeSpan.FromMilliseconds(750));
        await Worker().PingAsync(job);
        Assert.Equal(HttpStatusCode.OK, await Worker().DoneAsync(job, """{"output":{"echo":1}}"""));
        var status = await StatusAsync(job);
        Assert.Equal("COMPLETED", status.Text("status"));
        Assert.Equal((250, 750), ((int)status.Body!["delayTime"]!, (int)status.Body["executionTime"]!));
        Assert.Equal(1, (int)status.Body["output"]!["echo"]!);
        Assert.Equal(WorkerState.Idle, _runpod.Workers(_endpoint)[0].State);
    }

    [Fact]
    public async Task ABatch_HandsOutSeveral()
    {
        var jobs = new[] { await RunAsync(), await RunAsync(), await RunAsync() };
        var taken = await Worker().TakeBatchAsync(2);
        Assert.Equal(jobs[..2], taken.Select(static job => job.Id));
    }

    [Fact]
    public async Task AGenerator_StreamsChunks_AndEndsWithoutOutput()
    {
        var job = await TakenAsync();
        await Worker().StreamAsync(job, """{"output":{"tok":0}}""");
        await Worker().StreamAsync(job, """{"output":{"tok":1}}""");
        var stream = await _client.JobAsync(HttpMethod.Get, $"{_endpoint}/stream/{job}");
        Assert.Equal("""{"status":"IN_PROGRESS","stream":[{"output":{"tok":0}},{"output":{"tok":1}}]}""", stream.Body!.ToJsonString());
        await Worker().DoneAsync(job, """{"output":[]}""", isStream: true);
        var status = (await StatusAsync(job)).Body!;
        Assert.Equal("COMPLETED", (string?)status["status"]);
        Assert.Null(status["output"]);
    }

    [Fact]
    public async Task AnError_FailsTheJob_AndLateNewsChangesNothing()
    {
        var job = await TakenAsync();
        await Worker().DoneAsync(job, """{"status":"IN_PROGRESS","output":50}""");
        Assert.Equal(50, (int)(await StatusAsync(job)).Body!["output"]!);
        await Worker().DoneAsync(job, """{"output":{"detail":1},"error":"bad seed"}""");
        await Worker().DoneAsync(job, """{"status":"IN_PROGRESS","output":99}""");
        var status = (await StatusAsync(job)).Body!;
        Assert.Equal(("FAILED", "bad seed", 1), ((string)status["status"]!, (string)status["error"]!, (int)status["output"]!["detail"]!));
    }

    [Fact]
    public async Task StopPod_EndsTheWorker_AndAnotherTakesItsPlace()
    {
        var (job, first) = (await TakenAsync(), _runpod.Workers(_endpoint)[0].Id);
        await Worker().DoneAsync(job, """{"output":{"a":1},"stopPod":true}""");
        Assert.NotEqual(first, Assert.Single(_runpod.Workers(_endpoint)).Id);
    }

    [Fact]
    public async Task Cancel_TellsTheWorker()
    {
        var job = await TakenAsync();
        var stops = Worker().StopsAsync();
        Assert.Equal("CANCELLED", (await _client.JobAsync(HttpMethod.Post, $"{_endpoint}/cancel/{job}")).Text("status"));
        Assert.Equal([job], await stops);
    }

    [Theory]
    [InlineData("run", 30 * 60)]
    [InlineData("runsync", 60)]
    public async Task AResult_IsKeptForItsTime(string operation, int seconds)
    {
        var answer = _client.JobAsync(HttpMethod.Post, $"{_endpoint}/{operation}", JsonNode.Parse("""{"input":{"a":1}}"""));
        var job = (await Worker().TakeNextAsync()).Id;
        await Worker().DoneAsync(job, """{"output":1}""");
        Assert.Equal(operation == "run" ? "IN_QUEUE" : "COMPLETED", (await answer).Text("status"));
        _time.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromTicks(1));
        Assert.Equal(HttpStatusCode.OK, (await StatusAsync(job)).Status);
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(HttpStatusCode.NotFound, (await StatusAsync(job)).Status);
    }

    [Theory]
    [InlineData("""{"executionTimeout":5000}""", 5, "TIMED_OUT")]
    [InlineData("""{"execution_timeout":5000}""", 5, "IN_PROGRESS")]
    [InlineData("""{"ttl":10000}""", 10, null)]
    [InlineData("""{"timeToLive":10000}""", 10, "IN_PROGRESS")]
    public async Task APolicy_CountsUnderItsRightNameOnly(string policy, int seconds, string? expected)
    {
        var job = (await _client.RunAsync(_endpoint, JsonNode.Parse(policy))).Text("id");
        await Worker().TakeNextAsync();
        _time.Advance(TimeSpan.FromSeconds(seconds));
        var status = await StatusAsync(job);
        Assert.Equal(expected, status.Status == HttpStatusCode.OK ? status.Text("status") : null);
    }

    [Fact]
    public async Task AJobOfALostWorker_IsTriedOnceMore_ThenFails()
    {
        var job = await TakenAsync();
        _runpod.LoseWorker(_runpod.Workers(_endpoint)[0].Id);
        Assert.Equal("IN_QUEUE", (await StatusAsync(job)).Text("status"));
        Assert.Equal(job, (await Worker().TakeNextAsync()).Id);
        _runner.Exit(_runpod.Workers(_endpoint)[0].Id, 137);
        await Eventually.TrueAsync(async () => (await StatusAsync(job)).Text("status") == "FAILED");
        Assert.Equal("job timed out after 1 retries", (await StatusAsync(job)).Text("error"));
        Assert.Equal("IN_QUEUE", (await _client.JobAsync(HttpMethod.Post, $"{_endpoint}/retry/{job}")).Text("status"));
    }

    [Fact]
    public async Task AWorkerThatStopsPinging_LosesItsJob()
    {
        var job = await TakenAsync();
        await Worker().PingAsync(job);
        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal("IN_PROGRESS", (await StatusAsync(job)).Text("status"));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("IN_QUEUE", (await StatusAsync(job)).Text("status"));
    }

    [Fact]
    public async Task AJobThatPingsDoNotName_NeverReachedItsWorker()
    {
        var job = await TakenAsync();
        _time.Advance(TimeSpan.FromSeconds(24));
        await Worker().PingAsync();
        Assert.Equal("IN_PROGRESS", (await StatusAsync(job)).Text("status"));
        _time.Advance(TimeSpan.FromSeconds(1));
        await Worker().PingAsync(job);
        Assert.Equal("IN_PROGRESS", (await StatusAsync(job)).Text("status"));
        await Worker().PingAsync();
        Assert.Equal("IN_QUEUE", (await StatusAsync(job)).Text("status"));
    }

    [Fact]
    public async Task ALeaseThatNobodyWasToldOf_IsGivenBack()
    {
        var job = await RunAsync();
        _runpod.Script.Add(new Fault(FaultKind.LostReply) { Plane = CallPlane.Worker });
        await Assert.ThrowsAsync<HttpRequestException>(() => Worker().TakeAsync());
        Assert.Equal(job, (await Worker().TakeNextAsync()).Id);
    }

    [Fact]
    public async Task AnUnhealthyPing_TakesTheWorkerOutOfService()
    {
        await RunAsync();
        await Worker().PingAsync(more: "&status=unhealthy&check=check_gpu&reason=none");
        Assert.Equal(WorkerState.Unhealthy, _runpod.Workers(_endpoint)[0].State);
        _runpod.Script.PollHold = TimeSpan.Zero;
        Assert.Null(await Worker().TakeAsync());
    }

    [Fact]
    public async Task OnlyTheWorkersOwnKey_Takes_AndOnlyTheAccounts_Submits()
    {
        var stranger = new FakeWorker(_http, _endpoint, _runpod.Workers(_endpoint)[0].Id, "rpa_wrong");
        Assert.Equal(HttpStatusCode.Unauthorized, await stranger.DoneAsync("x", "{}"));
        _runpod.RevokeKey(FakeRunpodServer.Key);
        Assert.Equal(HttpStatusCode.Unauthorized, (await _client.RunAsync(_endpoint)).Status);
    }

    [Fact]
    public async Task Health_CountsJobsAndWorkers_AndPurgeLeavesWhatRuns()
    {
        await TakenAsync();
        await RunAsync();
        Assert.Equal(1, (int)(await _client.JobAsync(HttpMethod.Post, $"{_endpoint}/purge-queue")).Body!["removed"]!);
        var health = (await _client.JobAsync(HttpMethod.Get, $"{_endpoint}/health")).Body!;
        Assert.Equal("""{"completed":0,"failed":0,"inProgress":1,"inQueue":0,"retried":0}""", health["jobs"]!.ToJsonString());
        Assert.Equal(1, (int)health["workers"]!["running"]!);
    }

    [Fact]
    public async Task AWebhook_GetsTheWholeJob()
    {
        using var listener = new HttpListener();
        var address = $"http://127.0.0.1:{FreePort()}/hook/";
        listener.Prefixes.Add(address);
        listener.Start();
        var heard = listener.GetContextAsync();
        var job = (await _client.JobAsync(HttpMethod.Post, $"{_endpoint}/run", new JsonObject { ["input"] = new JsonObject { ["a"] = 1 }, ["webhook"] = address })).Text("id");
        await Worker().TakeNextAsync();
        await Worker().DoneAsync(job, """{"output":2}""");
        var context = await heard;
        var told = await JsonNode.ParseAsync(context.Request.InputStream);
        context.Response.Close();
        Assert.Equal((job, "COMPLETED", 2, 1), ((string)told!["id"]!, (string)told["status"]!, (int)told["output"]!, (int)told["input"]!["a"]!));
    }

    [Fact]
    public async Task AWorkerThatIsScaledAway_HasItsPollsReleased()
    {
        var take = Worker().TakeAsync();
        await Eventually.TrueAsync(() => _runpod.Workers(_endpoint)[0].State == WorkerState.Idle);
        await _client.PatchAsync($"/v2/serverless/{_endpoint}", JsonNode.Parse("""{"workers":{"min":0,"max":0}}""")!);
        Assert.Null(await take);
        Assert.Empty(_runpod.Workers(_endpoint));
    }

    private static int FreePort()
    {
        using var socket = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }

    private FakeWorker Worker() => RecordingRunner.Worker(_http, _runner.Launches.Last());

    private async Task<string> RunAsync() => (await _client.RunAsync(_endpoint)).Text("id");

    private async Task<string> TakenAsync()
    {
        await RunAsync();
        return (await Worker().TakeNextAsync()).Id;
    }

    private Task<Got> StatusAsync(string job) => _client.JobAsync(HttpMethod.Get, $"{_endpoint}/status/{job}");
}
