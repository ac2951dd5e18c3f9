using Rouse.TestKit.WebUi;
using Rouse.Worker.Engines.A1111;
using Rouse.Worker.Lifetime;
using Rouse.Worker.Tests.Support;

namespace Rouse.Worker.Tests.Engines.A1111;

/// <summary>The whole worker before a WebUI: whatever becomes of it, every job's end is told.</summary>
public sealed class WorkerTests
{
    private const string Simple = Bridge.Simple;

    [Fact]
    public async Task WebUi_ThatIsDownAtTheStart_IsWaitedFor_BeforeAJobIsTaken()
    {
        await using var webui = await FakeWebUi.DownAsync();
        await using var worker = await StartAsync(webui);
        worker.Plane.Hand("j1", Simple);
        await worker.Plane.FirstAsync("reports", static seen => seen.Body.Contains("loading_model", StringComparison.Ordinal));
        Assert.Empty(worker.Plane.Of("job-take"));
        await webui.RiseAsync();
        await DoneAsync(worker, "j1", "images");
    }

    [Fact]
    public async Task WebUi_ThatNeverComes_FailsTheStart_WithWhatWasSeen()
    {
        await using var webui = await FakeWebUi.DownAsync();
        await using var worker = await StartAsync(webui, new SkippingTime());
        Assert.Equal(ExitCode.FatalStart, await worker.Ended.InTimeAsync());
        var failed = await worker.Plane.FirstAsync("reports", static seen => seen.Body.Contains("\"phase\":\"failed\"", StringComparison.Ordinal));
        // The worker's own pauses are skipped too, and count for the clock.
        Assert.Matches(@"The WebUI was not up after 6\d\d s: Connection refused", failed.Body);
        Assert.Matches(@"The WebUI is not up yet after [0-9.]+ s and 15 asks: Connection refused", worker.Output.ToString());
    }

    [Fact]
    public async Task WebUi_ThatDiesInTheMidst_CostsNoJob()
    {
        await using var webui = await FakeWebUi.StartAsync();
        await using var worker = await StartAsync(webui);
        webui.Script.Hold = new TaskCompletionSource().Task;
        worker.Plane.Hand("j1", Simple);
        worker.Plane.Hand("j2", Simple);
        await Deadline.UntilAsync(() => !webui.IsIdle);
        await webui.DieAsync();
        await Deadline.UntilAsync(() => worker.Output.ToString().Contains("It is run once more when the WebUI is back", StringComparison.Ordinal));
        webui.Script.Hold = null;
        await webui.RiseAsync();
        await DoneAsync(worker, "j1", "images");
        await DoneAsync(worker, "j2", "images");
    }

    [Fact]
    public async Task BadSampler_FailsItsJob_AndNotTheWorker()
    {
        await using var webui = await FakeWebUi.StartAsync();
        await using var worker = await StartAsync(webui);
        for (var i = 0; i < 4; i++) worker.Plane.Hand($"bad{i}", """{"prompt":"a","sampler_name":"Nope"}""");
        worker.Plane.Hand("good", Simple);
        for (var i = 0; i < 4; i++) await DoneAsync(worker, $"bad{i}", """{"error":"invalid_input: The WebUI refused the job (HTTP 404): Sampler not found"}""");
        await DoneAsync(worker, "good", "images");
    }

    [Fact]
    public async Task WebUi_ThatAnswers422_FailsTheJobWithTheMemberAndTheReason()
    {
        await using var webui = await FakeWebUi.StartAsync();
        await using var worker = await StartAsync(webui);
        worker.Plane.Hand("j1", """{"prompt":"a","seed":"many"}""");
        await DoneAsync(worker, "j1", """{"error":"invalid_input: The WebUI refused the job (HTTP 422): seed: value is not a valid integer"}""");
    }

    [Fact]
    public async Task WebUi_ThatHangs_FailsTheJobInTime_AndServesTheNextWhenItIsWell()
    {
        var time = new SkippingTime();
        await using var webui = await FakeWebUi.StartAsync();
        // The worker's own clock runs; only the engine's is in the test's hands.
        await using var worker = await StartAsync(webui, time, ofEngineOnly: true);
        webui.Script.Hold = new TaskCompletionSource().Task;
        worker.Plane.Hand("j1", Simple);
        await Deadline.UntilAsync(() => !webui.IsIdle);
        await time.EndAsync(TimeSpan.FromSeconds(A1111Settings.DefaultTimeout));
        await DoneAsync(worker, "j1", """{"error":"timed_out: The WebUI had not finished the job after 600 s, so it was interrupted.""");
        webui.Script.Hold = null;
        worker.Plane.Hand("j2", Simple);
        await DoneAsync(worker, "j2", "images");
    }

    [Fact]
    public async Task StoppedJob_IsInterruptedInTheWebUi_AndNothingIsToldOfIt()
    {
        await using var webui = await FakeWebUi.StartAsync();
        await using var worker = await StartAsync(webui);
        webui.Script.Hold = new TaskCompletionSource().Task;
        worker.Plane.Hand("c-1", Simple);
        await Deadline.UntilAsync(() => !webui.IsIdle);
        worker.Plane.Stops.Writer.TryWrite(new FakeJobPlane.Answer(200, """{"jobsToStop":["c-1"]}"""));
        await Deadline.UntilAsync(() => webui.Of("POST", "interrupt").Count > 0);
        webui.Script.Hold = null;
        worker.Plane.Hand("c-2", Simple);
        await DoneAsync(worker, "c-2", "images");
        Assert.DoesNotContain(worker.Plane.Of("job-done"), static seen => seen.Target.Contains("/c-1?", StringComparison.Ordinal));
        Assert.Contains("Job c-1 was interrupted in the WebUI", worker.Output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WordsOfTheWebUi_ThatHoldASecret_AreMasked()
    {
        await using var webui = await FakeWebUi.StartAsync();
        await using var worker = await StartAsync(webui);
        webui.Script.Answers.Enqueue((422, $$"""{"error":"HTTPException","detail":"no {{WorkerFixture.Key}}","body":"","errors":""}"""));
        worker.Plane.Hand("j1", Simple);
        await DoneAsync(worker, "j1", """{"error":"invalid_input: The WebUI refused the job (HTTP 422): no ***"}""");
    }

    [Fact]
    public async Task WebUi_ThatWasSeenGone_HoldsTheTakingOfJobs_UntilItIsBack()
    {
        var time = new SkippingTime();
        await using var webui = await FakeWebUi.StartAsync();
        await using var worker = await StartAsync(webui, time, ofEngineOnly: true);
        await Deadline.UntilAsync(() => worker.Plane.Of("job-take").Count == 1);
        webui.Script.HealthStatus = 500;
        await time.EndAsync(WebUiServer.HealthInterval);
        await Deadline.UntilAsync(() => worker.Output.ToString().Contains("The WebUI did not answer: sd-models answered HTTP 500", StringComparison.Ordinal));
        // The poll that was open is answered; the next is not begun.
        worker.Plane.Takes.Writer.TryWrite(new FakeJobPlane.Answer(204, ""));
        webui.Script.HealthStatus = 200;
        await time.EndAsync(WebUiServer.HealthInterval);
        worker.Plane.Hand("j1", Simple);
        await DoneAsync(worker, "j1", "images");
    }

    private static Task<WorkerFixture> StartAsync(FakeWebUi webui, TimeProvider? time = null, bool ofEngineOnly = false)
    {
        var source = new ModelSource(static (wanted, _, _) => throw new InvalidOperationException(wanted.Name), static () => default, static _ => Task.CompletedTask, "/models/checkpoints");
        var clock = new Clock(time ?? TimeProvider.System, static () => 0);
        return WorkerFixture.StartAsync(log => new A1111Engine(Bridge.Settings(webui.Url), "org/name", source, log, clock), ofEngineOnly ? null : time, Bridge.WithoutModel);
    }

    private static async Task DoneAsync(WorkerFixture worker, string job, string words)
    {
        var done = await worker.Plane.FirstAsync(
            "job-done", seen => seen.Target.Contains($"/{job}?", StringComparison.Ordinal) && !seen.Body.Contains("IN_PROGRESS", StringComparison.Ordinal));
        Assert.Contains(words, done.Body, StringComparison.Ordinal);
    }
}
