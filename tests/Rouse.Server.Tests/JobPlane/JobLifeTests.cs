using System.Net;
using System.Net.Http.Headers;

namespace Rouse.Server.Tests.JobPlane;

public sealed class JobLifeTests(JobPlaneFixture fixture) : IClassFixture<JobPlaneFixture>
{
    private readonly JobPlaneApp _app = fixture.NewDeployment();

    [Fact]
    public async Task Run_ThenTakeThenDone_CompletesTheJob()
    {
        var id = await _app.RunAsync("""{"input":{"prompt":"é","n":[1,2.50]},"unknown":true}""");
        var job = await _app.Worker().TakeNextAsync();
        Assert.Equal((id, """{"prompt":"é","n":[1,2.50]}"""), (job.Id, job.Input));
        Assert.Equal("IN_PROGRESS", await _app.WordAsync(id));

        Assert.Equal(HttpStatusCode.OK, await _app.Worker().DoneAsync(id, """{"output":{"image":"…"}}"""));

        var status = await _app.StatusAsync(id);
        Assert.Equal(("COMPLETED", """{"image":"…"}""", "w1"),
            (status.GetProperty("status").GetString(), status.GetProperty("output").GetRawText(), status.GetProperty("workerId").GetString()));
        Assert.True(status.GetProperty("delayTime").GetInt64() >= 0 && status.GetProperty("executionTime").GetInt64() >= 0);
    }

    [Fact]
    public async Task RunSync_WhenTheJobEndsInTime_AnswersItsResult()
    {
        var call = _app.PostAsync("runsync?wait=60000", """{"input":{"a":1}}""");
        var job = await _app.Worker().TakeNextAsync();
        Assert.StartsWith("sync-", job.Id, StringComparison.Ordinal);
        await _app.Worker().DoneAsync(job.Id, """{"output":42}""");

        var (status, reply) = await call;

        Assert.Equal((HttpStatusCode.OK, "COMPLETED", "42"), (status, reply.GetProperty("status").GetString(), reply.GetProperty("output").GetRawText()));
    }

    [Fact]
    public async Task RunSync_WhenTheWaitRunsOut_AnswersWhereTheJobIs()
    {
        var (status, reply) = await _app.PostAsync("runsync?wait=1000", """{"input":{"a":1}}""");
        Assert.Equal((HttpStatusCode.OK, "IN_QUEUE"), (status, reply.GetProperty("status").GetString()));

        var id = reply.GetProperty("id").GetString()!;
        await _app.Worker().TakeNextAsync();
        await _app.Worker().DoneAsync(id, """{"output":1}""");
        Assert.Equal("COMPLETED", await _app.WordAsync(id));
    }

    [Theory]
    [InlineData("999")]
    [InlineData("300001")]
    [InlineData("-1")]
    [InlineData("soon")]
    public async Task RunSync_WithABadWait_IsRefusedAndQueuesNothing(string wait)
    {
        var (status, reply) = await _app.PostAsync($"runsync?wait={wait}", """{"input":{"a":1}}""");

        Assert.Equal((HttpStatusCode.BadRequest, "INVALID_PARAMETER"), (status, reply.GetProperty("code").GetString()));
        Assert.Equal(0, (await _app.GetAsync("health")).Reply.GetProperty("jobs").GetProperty("inQueue").GetInt64());
    }

    [Fact]
    public async Task Status_ByPost_IsTheSame()
    {
        var id = await _app.RunAsync();

        Assert.Equal((HttpStatusCode.OK, "IN_QUEUE"), await _app.PostAsync($"status/{id}") is var (status, reply) ? (status, reply.GetProperty("status").GetString()) : default);
    }

    [Fact]
    public async Task Retry_OfAFailedJob_RunsItAgain()
    {
        var id = await _app.RunAsync();
        Assert.Equal((HttpStatusCode.Conflict, "JOB_NOT_RETRYABLE"), await CodeAsync($"retry/{id}"));
        await _app.Worker().TakeNextAsync();
        await _app.Worker().DoneAsync(id, """{"error":"boom"}""");
        Assert.Equal("FAILED", await _app.WordAsync(id));

        var (status, reply) = await _app.PostAsync($"retry/{id}");

        Assert.Equal((HttpStatusCode.OK, "IN_QUEUE"), (status, reply.GetProperty("status").GetString()));
        Assert.Equal((id, """{"a":1}"""), await _app.Worker().TakeNextAsync() is var job ? (job.Id, job.Input) : default);
    }

    [Fact]
    public async Task PurgeQueue_RemovesWaitingJobsOnly()
    {
        var running = await _app.RunAsync();
        await _app.Worker().TakeNextAsync();
        var waiting = await _app.RunAsync();
        await _app.RunAsync();

        Assert.Equal("""{"removed":2,"status":"completed"}""", (await _app.PostAsync("purge-queue")).Reply.GetRawText());
        Assert.Equal("IN_PROGRESS", await _app.WordAsync(running));
        Assert.Equal(HttpStatusCode.NotFound, (await _app.GetAsync($"status/{waiting}")).Status);
        Assert.Null(await _app.Worker().TakeAsync());
    }

    [Fact]
    public async Task Health_CountsJobsAndWorkers()
    {
        await _app.RunAsync();
        var id = (await _app.Worker().TakeNextAsync()).Id;
        await _app.RunAsync();
        await _app.Worker("sick").PingAsync(more: "&status=unhealthy&check=check_gpu&reason=none");
        await _app.Worker("young").PingAsync();

        Assert.Equal(
            """{"jobs":{"completed":0,"failed":0,"inProgress":1,"inQueue":1,"retried":0},"workers":{"idle":0,"initializing":1,"ready":0,"running":1,"throttled":0,"unhealthy":1}}""",
            (await _app.GetAsync("health")).Reply.GetRawText());

        await _app.Worker().DoneAsync(id, "{}");
        var health = (await _app.GetAsync("health")).Reply;
        Assert.Equal((1, 1), (health.GetProperty("jobs").GetProperty("completed").GetInt32(), health.GetProperty("workers").GetProperty("ready").GetInt32()));
    }

    [Theory]
    [InlineData("GET", "status/none")]
    [InlineData("GET", "stream/none")]
    [InlineData("POST", "cancel/none")]
    [InlineData("POST", "retry/none")]
    [InlineData("GET", "status/%00")]
    [InlineData("GET", "status/a%20b")]
    public async Task AnUnknownJob_IsNotFound(string method, string path)
    {
        var (status, reply) = method == "GET" ? await _app.GetAsync(path) : await _app.PostAsync(path);

        // A NUL never gets as far as the routes.
        Assert.True((status, method) is (HttpStatusCode.NotFound, _) or (HttpStatusCode.BadRequest, _), $"{status}");
        if (!path.Contains("%00", StringComparison.Ordinal)) Assert.Equal("JOB_NOT_FOUND", reply.GetProperty("code").GetString());
    }

    [Theory]
    [InlineData("run")]
    [InlineData("runsync")]
    [InlineData("purge-queue")]
    public async Task AnotherTenantsDeployment_IsAsUnknownAsNone(string path)
    {
        _app.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", JobPlaneApp.OtherKey);
        Assert.Equal((HttpStatusCode.NotFound, "DEPLOYMENT_NOT_FOUND"), await CodeAsync(path));

        _app.Http.DefaultRequestHeaders.Authorization = null;
        Assert.Equal((HttpStatusCode.Unauthorized, "UNAUTHORIZED"), await CodeAsync(path));
    }

    [Fact]
    public async Task AJob_OutlivesTheServer()
    {
        await using var first = await JobPlaneApp.StartAsync();
        var taken = await first.RunAsync();
        await first.Worker().TakeNextAsync();
        var waiting = await first.RunAsync("""{"input":{"b":2}}""");
        await first.StopAsync();

        await using var next = await JobPlaneApp.StartAsync(folder: first.Folder, deployment: first.Deployment);

        Assert.Equal(waiting, (await next.Worker("w2").TakeNextAsync()).Id);
        Assert.Equal(HttpStatusCode.OK, await next.Worker().DoneAsync(taken, """{"output":"after the restart"}"""));
        Assert.Equal("COMPLETED", await next.WordAsync(taken));
    }

    private async Task<(HttpStatusCode, string?)> CodeAsync(string path) =>
        await _app.PostAsync(path, """{"input":{"a":1}}""") is var (status, reply) ? (status, reply.GetProperty("code").GetString()) : default;
}
