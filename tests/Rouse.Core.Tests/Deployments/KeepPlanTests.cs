using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using static Rouse.Core.Deployments.ReconcileStep;
using static Rouse.Core.Tests.Deployments.Worlds;

namespace Rouse.Core.Tests.Deployments;

public sealed class KeepPlanTests
{
    private static readonly FailureCause s_crash = new(FailureCodes.CrashLoop, "It exited 139 three times.");

    [Fact]
    public void Plan_WhenAWorkerIsReady_SaysReady() => Assert.Equal([new Advance(1, Phase.Ready)], Plan(Created, Backend("one", 1, ready: 1)).Steps);

    [Fact]
    public void Plan_WhenReadyAndListed_OnlyPolls()
    {
        var plan = Plan(Ready, Backend("one", 1));
        Assert.Empty(plan.Steps);
        Assert.Equal(Limits.Poll, plan.Again);
    }

    [Fact]
    public void Plan_WhenTheDeadlineIsNear_LooksAgainAtTheDeadline() =>
        Assert.Equal(TimeSpan.FromSeconds(3), Plan(Created with { Deadline = Now.AddSeconds(3) }, Backend("one", 1)).Again);

    [Fact]
    public void Plan_WhenTroubleIsFatal_FailsBeforeItDeletes()
    {
        var steps = Plan(Created, Backend("one", 1, trouble: new BackendTrouble(s_crash, Fatal: true))).Steps;
        Assert.Equal([new Advance(1, Phase.Failed, s_crash), new Delete(new("one"), FailureCodes.CrashLoop)], steps);
    }

    [Fact]
    public void Plan_WhenTroubleMayPass_WaitsUntilTheDeadlineAndThenNamesIt()
    {
        var backend = Backend("one", 1, trouble: new BackendTrouble(s_crash, Fatal: false));
        Assert.Equal(["Note crash_loop"], Brief(Plan(Created, backend)));
        Assert.Empty(Plan(Created with { Waiting = s_crash }, backend).Steps);
        var failed = Assert.IsType<Advance>(Plan(Created with { Deadline = Now }, backend).Steps[0]);
        Assert.Contains(s_crash.Message, failed.Cause!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_WhenTheBackendIsNotListedYet_Waits() => Assert.Empty(Plan(Created with { AttemptAt = Now.AddSeconds(-4) }).Steps);

    [Fact]
    public void Plan_WhenAStartingBackendIsGone_KeepsTheDeadline() => Assert.Equal(
        [new Forget(1, new BackendId("one"), Created.Deadline)], Plan(Created with { AttemptAt = Now.AddSeconds(-30) }).Steps);

    [Fact]
    public void Plan_WhenAReadyBackendIsGone_StartsAnewWithANewDeadline() => Assert.Equal(
        [new Forget(1, new BackendId("one"), Now + Ready.Spec.Workers.StartTimeout)], Plan(Ready).Steps);

    [Fact]
    public void Plan_WhenABackendIsStopping_ForgetsItAndStartsNothingBesideIt()
    {
        var stopping = Backend("one", 1, status: BackendStatus.Stopping);
        Assert.Equal([typeof(Forget), typeof(Delete)], Plan(Ready, stopping).Steps.Select(step => step.GetType()));
        var lost = Ready with { Phase = Phase.SelectingGpu, Backend = null, Outcome = AttemptOutcome.Lost, Deadline = Now.AddMinutes(5) };
        Assert.Equal([typeof(Delete)], Plan(lost, stopping).Steps.Select(step => step.GetType()));
    }

    [Fact]
    public void Plan_WhenAnOlderAttemptStillLives_DeletesItBesideTheCurrentOne()
    {
        var plan = Plan(Ready with { Attempt = 2 }, Backend("old", 1), Backend("one", 2));
        Assert.Equal(new BackendId("old"), Assert.IsType<Delete>(Assert.Single(plan.Steps)).Backend);
        Assert.Equal(Limits.Recheck, plan.Again);
    }

    [Fact]
    public void Plan_WhenAnOlderAttemptStillLives_StartsNothingBeforeItIsGone()
    {
        var row = Pending with { Attempt = 2, AttemptAt = Now.AddMinutes(-1) };
        Assert.IsType<Delete>(Assert.Single(Plan(row, Backend("old", 1)).Steps));
    }

    [Fact]
    public void Plan_WhenABackendIsOfAnAttemptTheRowNeverBegan_DeletesIt() =>
        Assert.IsType<Delete>(Plan(Ready, Backend("one", 1), Backend("new", 2)).Steps[0]);
}
