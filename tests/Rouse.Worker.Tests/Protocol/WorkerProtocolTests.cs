using System.Net;
using System.Text.Json;
using Rouse.Worker.Configuration;
using Rouse.Worker.Engines;
using Rouse.Worker.Lifetime;
using Rouse.Worker.Protocol;
using Rouse.Worker.Tests.Support;
using Rouse.Worker.Watchdog;

namespace Rouse.Worker.Tests.Protocol;

public sealed class WorkerProtocolTests
{
    [Fact]
    public async Task Worker_TakesAJob_PostsItsOutputWithTheRawKey()
    {
        await using var worker = await WorkerFixture.StartAsync(ScriptedEngine.Echo());
        worker.Plane.Hand("j1", """{"prompt":"a fox"}""");

        var done = await worker.Plane.FirstAsync("job-done");

        Assert.Equal("/v2/dep1/job-done/w1/j1?gpu=cpu&isStream=false", done.Target);
        Assert.Equal("""{"output":{"prompt":"a fox"}}""", done.Body);
        Assert.Equal(WorkerFixture.Key, done.Authorization);
        Assert.Equal(ExitCode.Clean, await worker.StopAsync());
    }

    [Fact]
    public async Task Worker_WhenOnlyWoken_AnswersWithoutTheEngine()
    {
        await using var worker = await WorkerFixture.StartAsync(new ScriptedEngine((_, _, _) => throw new InvalidOperationException("asked")));
        worker.Plane.Hand("wake", """{"rouse_warm_up":true}""");
        Assert.Equal("""{"output":{"warm":true}}""", (await worker.Plane.FirstAsync("job-done")).Body);
    }

    [Fact]
    public async Task Worker_WhenTheEngineRefusesTheInput_FailsTheJobAndServesTheNext()
    {
        var engine = new ScriptedEngine((input, _, _) =>
            input.TryGetProperty("ok", out _) ? Task.FromResult("1") : throw new FormatException("prompt is missing."));
        await using var worker = await WorkerFixture.StartAsync(engine);
        for (var i = 0; i < 5; i++) worker.Plane.Hand($"bad{i}", "{}");
        worker.Plane.Hand("good", """{"ok":1}""");

        var good = await worker.Plane.FirstAsync("job-done", seen => seen.Target.Contains("/good?", StringComparison.Ordinal));

        Assert.Equal("""{"output":1}""", good.Body);
        Assert.Equal("""{"error":"invalid_input: prompt is missing."}""", worker.Plane.Of("job-done")[0].Body);
    }

    [Fact]
    public async Task Worker_WhenTheEngineFailsThreeJobsInARow_ReportsAndExitsAsBroken()
    {
        var engine = new ScriptedEngine((_, _, _) => throw new EngineException("engine_failed", "kernel lost"));
        await using var worker = await WorkerFixture.StartAsync(engine);
        for (var i = 0; i < 5; i++) worker.Plane.Hand($"j{i}", "{}");

        Assert.Equal(ExitCode.BrokenMachine, await worker.Ended.InTimeAsync());

        Assert.Equal(3, worker.Plane.Of("job-done").Count);
        Assert.Contains(worker.Plane.Of("reports"), seen => seen.Body.Contains("several jobs in a row", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Worker_WhenAJobIsStopped_CancelsItsRunAndPostsNothing()
    {
        var running = new TaskCompletionSource();
        var engine = new ScriptedEngine(async (input, _, ct) =>
        {
            if (input.TryGetProperty("quick", out var quick)) return quick.GetRawText();
            running.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, ct);
            return "";
        });
        await using var worker = await WorkerFixture.StartAsync(engine);
        worker.Plane.Hand("c-1", "{}");
        await running.Task.InTimeAsync();

        worker.Plane.Stops.Writer.TryWrite(new FakeJobPlane.Answer(200, """{"jobsToStop":["nope","c-1"]}"""));
        worker.Plane.Hand("c-2", """{"quick":2}""");

        Assert.Equal("""{"output":2}""", (await worker.Plane.FirstAsync("job-done")).Body);
        Assert.DoesNotContain(worker.Plane.Of("job-done"), seen => seen.Target.Contains("/c-1?", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Worker_WhileAJobRuns_PingsItsIdAndSendsProgress()
    {
        var release = new TaskCompletionSource();
        var engine = new ScriptedEngine(async (_, progress, _) =>
        {
            progress(new EngineProgress(EngineProgress.Inference, 1, 4));
            await release.Task;
            return "{}";
        });
        await using var worker = await WorkerFixture.StartAsync(engine);
        await worker.Plane.FirstAsync("ping", seen => !seen.Target.Contains("job_id", StringComparison.Ordinal));
        worker.Plane.Hand("p-1", "{}");

        await worker.Plane.FirstAsync("ping", seen => seen.Target.Contains("&job_id=p-1&", StringComparison.Ordinal));
        var note = await worker.Plane.FirstAsync("job-done");
        release.SetResult();
        var done = await worker.Plane.FirstAsync("job-done", seen => !seen.Body.Contains("IN_PROGRESS", StringComparison.Ordinal));

        using var json = JsonDocument.Parse(note.Body);
        Assert.Equal("IN_PROGRESS", json.RootElement.GetProperty("status").GetString());
        Assert.Equal(4, json.RootElement.GetProperty("output").GetProperty("steps").GetInt32());
        Assert.Equal("""{"output":{}}""", done.Body);
        Assert.Same(done, worker.Plane.Of("job-done")[^1]);
    }

    [Fact]
    public async Task Part_OfAStreamedAnswer_GoesToTheStreamRoute()
    {
        await using var plane = await FakeJobPlane.StartAsync();
        using var http = new HttpClient();
        var variables = WorkerFixture.Variables(plane.Url);
        var jobs = new SettingsReader(name => variables.GetValueOrDefault(name)).Read("w1")!.Jobs;
        var client = new JobPlaneClient(http, new JobUrls(jobs, "w1"), jobs.Key, new LastContact(TimeProvider.System));

        Assert.Equal(HttpStatusCode.OK, await client.StreamAsync("g-1", 1, JobOutcome.PartJson("""{"tok":0}"""u8.ToArray()), CancellationToken.None));

        var part = Assert.Single(plane.Of("job-stream"));
        Assert.Equal("/v2/dep1/job-stream/w1/g-1?gpu=cpu&isStream=false", part.Target);
        Assert.Equal("""{"output":{"tok":0}}""", part.Body);
    }

    [Fact]
    public async Task Worker_AskedToStop_FinishesTheJobAndDoesNotWaitForItsOpenPolls()
    {
        var (running, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        var engine = new ScriptedEngine(async (_, _, _) =>
        {
            running.SetResult();
            await release.Task;
            return "7";
        });
        await using var worker = await WorkerFixture.StartAsync(engine);
        worker.Plane.Hand("last", "{}");
        await running.Task.InTimeAsync();

        worker.Shutdown.Request(StopReason.Asked);
        release.SetResult();

        Assert.Equal(ExitCode.Clean, await worker.Ended.InTimeAsync());
        Assert.Equal("""{"output":7}""", Assert.Single(worker.Plane.Of("job-done")).Body);
        Assert.Single(worker.Plane.Of("job-take"));
    }
}
