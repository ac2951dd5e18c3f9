using Rouse.Worker.Engines;
using Rouse.Worker.Lifetime;
using Rouse.Worker.Protocol;
using Rouse.Worker.Tests.Support;
using Rouse.Worker.Watchdog;

namespace Rouse.Worker.Tests.Lifetime;

public sealed class WatchdogTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(15);

    [Fact]
    public async Task Worker_WhenNobodyAnswersForTooLong_EndsItself()
    {
        var time = new SteppedTime();
        using var shutdown = new Shutdown();
        var watch = SilenceWatch.RunAsync(new LastContact(time), Limit, shutdown, time);

        for (var steps = 0; steps < 10; steps++) Assert.Equal(Limit / 10, await time.StepAsync());
        await watch.InTimeAsync();

        Assert.Same(StopReason.Silence, shutdown.Reason);
        Assert.True(shutdown.Aborting.IsCancellationRequested);
    }

    [Fact]
    public async Task Worker_ThatHearsSomebodyNowAndThen_GoesOn()
    {
        var time = new SteppedTime();
        using var shutdown = new Shutdown();
        var contact = new LastContact(time);
        var watch = SilenceWatch.RunAsync(contact, Limit, shutdown, time);

        for (var steps = 0; steps < 40; steps++)
        {
            if (steps % 8 == 0) contact.Heard();
            await time.StepAsync();
        }

        Assert.Null(shutdown.Reason);
        shutdown.Request(StopReason.Asked);
        await watch.InTimeAsync();
    }

    [Fact]
    public async Task Worker_ThatNeverGotAJob_AsksToBePutAway_AndAgainAfterAsLong()
    {
        var time = new SteppedTime();
        using var ending = new CancellationTokenSource();
        var asked = 0;
        var watch = IdleWatch.RunAsync(new RunningJobs(time), Limit, _ => asked++, time, ending.Token);

        for (var steps = 1; steps <= 40; steps++)
        {
            await time.StepAsync();
            // A step has been taken in once the next wait is there.
            await time.WaitedAsync();
            Assert.Equal(steps / 10, asked);
        }

        await ending.CancelAsync();
        await watch.InTimeAsync();
    }

    [Fact]
    public async Task Worker_WithAJob_NeverAsks_AndAfterItsEndCountsAnew()
    {
        var time = new SteppedTime();
        using var ending = new CancellationTokenSource();
        var asked = 0;
        var running = new RunningJobs(time);
        var watch = IdleWatch.RunAsync(running, Limit, _ => asked++, time, ending.Token);
        await StepAsync(9);
        running.TryHold("long");
        await StepAsync(50);
        running.Release("long");
        await StepAsync(9);
        Assert.Equal(0, asked);
        await StepAsync(1);
        Assert.Equal(1, asked);

        await ending.CancelAsync();
        await watch.InTimeAsync();

        async Task StepAsync(int steps)
        {
            for (; steps > 0; steps--)
            {
                await time.StepAsync();
                await time.WaitedAsync();
            }
        }
    }

    [Theory]
    [InlineData("1", true)]
    [InlineData("0", false)]
    public async Task Worker_WhoseEngineBreaksJobAfterJob_SaysSo_WhereNobodyReplacesIt(string sole, bool told)
    {
        await using var worker = await WorkerFixture.StartAsync(
            new ScriptedEngine((_, _, _) => throw new EngineException("engine_failed", "It broke.")),
            environment: set => (set["ROUSE_SOLE_WORKER"], set["CLEANUP_FAILURE_THRESHOLD"]) = (sole, "2"));
        worker.Plane.Hand("one", "{}");
        worker.Plane.Hand("two", "{}");

        Assert.Equal(ExitCode.BrokenMachine, await worker.Ended.InTimeAsync());
        Assert.Equal(told, worker.Plane.Of("reports").Any(seen => seen.Body.Contains("\"failure_code\":\"worker_unhealthy\"", StringComparison.Ordinal)));
        Assert.Equal(2, worker.Plane.Of("job-done").Count);
    }

    [Fact]
    public async Task Worker_WhoseServersAreGone_ExitsCleanlyByItself()
    {
        await using var worker = await WorkerFixture.StartAsync(ScriptedEngine.Echo(), environment: set => set["ROUSE_SILENCE_LIMIT"] = "5");
        await worker.Plane.FirstAsync("job-take");
        await worker.Plane.DisposeAsync();

        Assert.Equal(ExitCode.Clean, await worker.Ended.InTimeAsync());
        Assert.Same(StopReason.Silence, worker.Shutdown.Reason);
    }
}
