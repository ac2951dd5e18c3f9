using Rouse.Core.Deployments;
using Rouse.Providers.Local;

namespace Rouse.Providers.Tests.Local;

public sealed class PoolPlanTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly LocalOptions Options = new() { DataFolder = "/", Command = new WorkerCommand("sh"), Owner = "o", Generation = "g" };

    private static readonly PoolFacts Quiet = new(
        new WorkerScaling { Max = 3, IdleTimeout = TimeSpan.FromSeconds(60) }, Want.Running, Floor: 0, ShownReady: true, Growth.Free,
        StartAfter: DateTimeOffset.MinValue, LastStart: DateTimeOffset.MinValue, Workers: [], Queued: 0, HeadWait: TimeSpan.Zero, Running: 0, Now);

    [Fact]
    public void Plan_WhenNothingIsAsked_StartsNothing() => Assert.Empty(Plan(Quiet));

    [Fact]
    public void Plan_WhenAJobWaits_StartsOne() => Assert.Equal([new PoolStep.Start(1)], Plan(Quiet with { Queued = 5 }));

    [Fact]
    public void Plan_ByRequestCount_StartsAllAtOnceUpToTheMaximum()
    {
        var scaling = Quiet.Scaling with { Scaler = Scaler.RequestCount, ScalerValue = 1 };
        Assert.Equal([new PoolStep.Start(3)], Plan(Quiet with { Scaling = scaling, Queued = 9 }));
    }

    [Fact]
    public void Plan_CountsWorkersOnTheirWayOut_SoThatTheMaximumHolds()
    {
        var scaling = Quiet.Scaling with { Scaler = Scaler.RequestCount, ScalerValue = 1 };
        var leaving = Worker(Stage.Draining, jobs: 1);
        Assert.Equal([new PoolStep.Start(2)], Plan(Quiet with { Scaling = scaling, Queued = 9, Workers = [leaving] }));
    }

    [Fact]
    public void Plan_DuringThePauseAfterACrash_StartsNothing() =>
        Assert.Empty(Plan(Quiet with { Queued = 1, StartAfter = Now.AddSeconds(1) }));

    [Fact]
    public void Plan_WhenGivenUp_StartsNothing() => Assert.Empty(Plan(Quiet with { Queued = 1, Floor = 1, Growth = Growth.None }));

    [Fact]
    public void Plan_WhenASecondWorkerFailedForGood_KeepsToOne()
    {
        var scaling = Quiet.Scaling with { Min = 2 };
        Assert.Empty(Plan(Quiet with { Scaling = scaling, Growth = Growth.OnlyFirst, Workers = [Worker(Stage.Ready)] }));
        Assert.Equal([new PoolStep.Start(1)], Plan(Quiet with { Scaling = scaling, Growth = Growth.OnlyFirst }));
    }

    [Fact]
    public void Plan_WhenIdleForTheTimeout_Drains() =>
        Assert.Equal([new PoolStep.Drain("w", "it was idle")], Plan(Quiet with { Workers = [Worker(Stage.Ready, idle: 60)] }));

    [Fact]
    public void Plan_WhenIdleButNeverShownReady_KeepsIt() =>
        Assert.Empty(Plan(Quiet with { ShownReady = false, Workers = [Worker(Stage.Ready, idle: 60)] }));

    [Fact]
    public void Plan_WhenTheDrainingWorkerHoldsAJob_WaitsForIt()
    {
        Assert.Empty(Plan(Quiet with { Workers = [Worker(Stage.Draining, jobs: 1, idle: 9999)] }));
        Assert.Equal([new PoolStep.Terminate("w")], Plan(Quiet with { Workers = [Worker(Stage.Draining)] }));
    }

    [Fact]
    public void Plan_WhenSigtermIsIgnoredForTheGrace_Kills()
    {
        Assert.Empty(Plan(Quiet with { Workers = [Worker(Stage.Stopping, age: 9.9)] }));
        Assert.Equal([new PoolStep.Kill("w", Crash: null)], Plan(Quiet with { Workers = [Worker(Stage.Stopping, age: 10)] }));
    }

    [Fact]
    public void Plan_WhenAskedToBeReplaced_DrainsAndStartsAnother()
    {
        var asked = Worker(Stage.Ready, jobs: 1) with { Recycle = true };
        Assert.Equal(
            [new PoolStep.Drain("w", "it asked to be replaced"), new PoolStep.Start(1)],
            Plan(Quiet with { Queued = 1, Workers = [asked] }));
    }

    [Fact]
    public void Plan_WhenUnhealthyBeforeItsFirstJob_CountsItAsAFault() =>
        Assert.Equal(
            [new PoolStep.Drain("w", "it said: no GPU", Fault: true)],
            Plan(Quiet with { Workers = [Worker(Stage.Starting) with { Unhealthy = "no GPU" }] }));

    [Fact]
    public void Plan_WhenAReadyWorkerIsSilent_ReplacesIt()
    {
        var scaling = Quiet.Scaling with { Min = 1 };
        var silent = Worker(Stage.Ready) with { LastSeen = Now - Options.SilentTimeout, HasWorked = true };
        Assert.Equal(
            [new PoolStep.Drain("w", "it was not heard of"), new PoolStep.Start(1)],
            Plan(Quiet with { Scaling = scaling, Workers = [silent] }));
        Assert.Empty(Plan(Quiet with { Scaling = scaling, Workers = [silent with { Jobs = 1 }] }));
    }

    [Fact]
    public void Plan_WhenPutToSleep_DrainsAllAndStartsNothing() =>
        Assert.Equal(
            [new PoolStep.Drain("w", "the backend was put to sleep")],
            Plan(Quiet with { Want = Want.Sleeping, Queued = 5, Floor = 1, Workers = [Worker(Stage.Ready, jobs: 1)] }));

    [Theory]
    [InlineData(Stage.Starting)]
    [InlineData(Stage.Ready)]
    [InlineData(Stage.Draining)]
    public void Plan_WhenThePoolEnds_TerminatesAtOnce_JobsOrNot(object stage) =>
        Assert.Equal([new PoolStep.Terminate("w")], Plan(Quiet with { Want = Want.Ended, Queued = 5, Workers = [Worker((Stage)stage, jobs: 1)] }));

    private static IReadOnlyList<PoolStep> Plan(PoolFacts facts) => PoolPlan.For(facts, Options);

    private static WorkerFacts Worker(Stage stage, int jobs = 0, double idle = 0, double age = 1) =>
        new("w", stage, Now.AddSeconds(-age), jobs, Now.AddSeconds(-idle), Now, HasWorked: false, Unhealthy: null);
}
