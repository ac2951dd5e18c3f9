using Rouse.Worker.Lifetime;
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
    public async Task Worker_WhoseServersAreGone_ExitsCleanlyByItself()
    {
        await using var worker = await WorkerFixture.StartAsync(ScriptedEngine.Echo(), environment: set => set["ROUSE_SILENCE_LIMIT"] = "5");
        await worker.Plane.FirstAsync("job-take");
        await worker.Plane.DisposeAsync();

        Assert.Equal(ExitCode.Clean, await worker.Ended.InTimeAsync());
        Assert.Same(StopReason.Silence, worker.Shutdown.Reason);
    }
}
