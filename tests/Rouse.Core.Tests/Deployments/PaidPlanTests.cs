using Rouse.Core.Deployments;
using Rouse.Core.Hardware;
using Rouse.Core.Ports;
using static Rouse.Core.Tests.Deployments.Worlds;

namespace Rouse.Core.Tests.Deployments;

/// <summary>What is planned where GPUs cost money: sized first, woken, given up for the next offer, and put right when others changed it.</summary>
public sealed class PaidPlanTests
{
    private static readonly ReconcileLimits s_limits = Limits with { Buys = true };
    private static readonly BackendTrouble s_throttled = new(new FailureCause(FailureCodes.NoCapacity, "Its workers wait for GPUs."), Fatal: false);

    [Fact]
    public void Plan_BeforeAnythingIsSpent_LooksAtTheModel()
    {
        Assert.Equal(["Advance Validating", "InspectModel"], Brief(Paid(Accepted)));
        Assert.Equal(["Advance Validating", "Advance SelectingGpu", "FindOffers"], Brief(Paid(Accepted with { VramGb = 12 })));
    }

    [Fact]
    public void Plan_WhenABackendSleepsThatShallBecomeReady_WakesIt() =>
        Assert.Equal(["Wake"], Brief(Paid(Created, Backend("one", 1, status: BackendStatus.Sleeping))));

    [Fact]
    public void Plan_WhenAReadyBackendSleeps_LeavesItAsleep() => Assert.Empty(Brief(Paid(Ready, Backend("one", 1, status: BackendStatus.Sleeping))));

    [Fact]
    public void Plan_WhenAReadyPodSleepsAndWorkWaits_WakesIt() => Assert.Equal(
        ["Wake"], Brief(Reconciler.Plan(Ready, [Backend("one", 1, status: BackendStatus.Sleeping)], null, Now, s_limits with { Wanted = true })));

    [Fact]
    public void Plan_WhenWorkersStayThrottled_GivesUpForTheNextOffer()
    {
        var throttled = Backend("one", 1, trouble: s_throttled);
        Assert.Equal(["Note no_capacity"], Brief(Paid(Created, throttled)));
        var late = Created with { AttemptAt = Now - s_limits.CapacityPatience };
        Assert.Equal(["GiveUp one no_capacity", "Delete one"], Brief(Paid(late, throttled)));

        var givenUp = late with { Outcome = AttemptOutcome.Refused, Refusal = s_throttled.Cause, Backend = null, Phase = Phase.SelectingGpu, VramGb = 12 };
        Assert.Equal(["Delete one"], Brief(Paid(givenUp, throttled)));
        Assert.Equal(
            ["Start 2 large, tried small large"], Brief(Reconciler.Plan(givenUp, [], OfferRanking.InGivenOrder([Small, Large]), Now, s_limits)));
    }

    [Fact]
    public void Plan_WhenNoWorkerWasHeardOfForHalfTheTime_GivesUpForTheNextOffer()
    {
        var silent = Created with { AttemptAt = Now - (Created.Spec.Workers.StartTimeout / 2) };
        Assert.Equal(["GiveUp one start_timeout", "Delete one"], Brief(Paid(silent, Backend("one", 1))));
        // A worker that loads its model is on its way, however slow.
        Assert.Empty(Brief(Paid(silent with { Phase = Phase.LoadingModel }, Backend("one", 1))));
    }

    [Fact]
    public void Plan_WhenAReadyBackendShowsAnotherImage_RenewsIt_AndNothingElseIsRenewed()
    {
        var limits = s_limits with { Image = "worker:2" };
        Assert.Equal([new ReconcileStep.Renew(new("one"), "worker:2")], Renewed(Ready, "worker:1", limits));
        Assert.Empty(Renewed(Ready, "worker:2", limits));
        Assert.Empty(Renewed(Ready, shown: null, limits));
        Assert.Empty(Renewed(Ready, "worker:1", s_limits));
        Assert.Empty(Renewed(Created with { Phase = Phase.LoadingModel }, "worker:1", limits));

        static IEnumerable<ReconcileStep> Renewed(DeploymentState row, string? shown, ReconcileLimits limits) =>
            Reconciler.Plan(row, [Backend("one", 1) with { Settings = new BackendSettings(0, 1, null, shown) }], null, Now, limits).Steps.Where(step => step is ReconcileStep.Renew);
    }

    [Theory]
    [InlineData(0, 0, 300)]
    [InlineData(0, 2, 300)]
    [InlineData(1, 1, 300)]
    [InlineData(0, 1, 5)]
    public void Plan_WhenOthersChangedAReadyBackend_RestoresIt_OrTakesTheChangeOver(int min, int max, int idle)
    {
        var changed = Backend("one", 1, ready: 1) with { Settings = new BackendSettings(min, max, TimeSpan.FromSeconds(idle)) };
        Assert.Equal(["Restore"], Brief(Paid(Ready, changed)));
        var adopting = Ready with { Spec = Ready.Spec with { Drift = DriftPolicy.Adopt } };
        // Nobody orders that nothing may ever run: that is Runpod's own cut after seven idle days.
        Assert.Equal([max == 0 ? "Restore" : "TakeOver"], Brief(Paid(adopting, changed)));
    }

    [Fact]
    public void Plan_WhenReadyForTheFirstTime_OrdersTheLeastWorkers_WhateverThePolicy()
    {
        var started = Backend("one", 1, ready: 1) with { Settings = new BackendSettings(0, 2, TimeSpan.FromSeconds(300)) };
        var spec = Ready.Spec with { Drift = DriftPolicy.Adopt, Workers = new WorkerScaling { Min = 1, Max = 2 } };
        Assert.Equal(["Restore"], Brief(Paid(Ready with { Spec = spec }, started)));
    }

    [Fact]
    public void Plan_WhenNothingWasChanged_RestoresNothing() => Assert.Empty(
        Brief(Paid(Ready, Backend("one", 1, ready: 1) with { Settings = new BackendSettings(0, 1, TimeSpan.FromSeconds(300)) })));

    [Theory]
    [InlineData(0, 1, "Resize")]
    [InlineData(1, 0, "Resize")]
    [InlineData(1, 1, "")]
    [InlineData(0, 0, "")]
    [InlineData(2, 1, "Restore")]
    [InlineData(3, 0, "Restore")]
    public void Plan_WhenTheWarmWindowOpensOrCloses_SetsTheLeastWorkers_AndTellsOthersChangesApart(int seen, int wanted, string step)
    {
        var workers = new WorkerScaling { Max = 3, Warm = WindowAround(Now, isOpen: wanted == 1) };
        var shown = Backend("one", 1, ready: 1) with { Settings = new BackendSettings(seen, 3, TimeSpan.FromSeconds(300)) };
        var plan = Paid(Ready with { Spec = Ready.Spec with { Workers = workers } }, shown);
        Assert.Equal(step.Length == 0 ? [] : [step], Brief(plan));
        if (plan.Steps is [ReconcileStep.Resize resize]) Assert.Equal(wanted, resize.Workers.Min);
        if (plan.Steps is [ReconcileStep.Restore restore]) Assert.Equal(wanted, restore.Workers.Min);
    }

    [Fact]
    public void Plan_WhenOthersChangedTheLeastWorkersWithinTheWindow_TakesThatOverForTheWindow()
    {
        var workers = new WorkerScaling { Max = 3, Warm = WindowAround(Now, isOpen: true) };
        var spec = Ready.Spec with { Workers = workers, Drift = DriftPolicy.Adopt };
        var shown = Backend("one", 1, ready: 1) with { Settings = new BackendSettings(2, 3, TimeSpan.FromSeconds(300)) };
        var over = Assert.IsType<ReconcileStep.TakeOver>(Assert.Single(Paid(Ready with { Spec = spec }, shown).Steps));
        Assert.Equal((0, 2), (over.Workers.Min, over.Workers.Warm!.Workers));
    }

    private static WarmWindow WindowAround(DateTimeOffset now, bool isOpen)
    {
        var begins = TimeOnly.FromDateTime(now.UtcDateTime).AddHours(isOpen ? -1 : 1);
        return new WarmWindow { From = begins, To = begins.AddHours(2) };
    }

    [Fact]
    public void Plan_WhenAReadyBackendWasDeletedByOthers_StartsAnew_OrEnds()
    {
        Assert.Equal(["Forget"], Brief(Paid(Ready)));
        Assert.Equal(["Advance Failed backend_lost"], Brief(Paid(Ready with { Spec = Ready.Spec with { Drift = DriftPolicy.Adopt } })));
    }

    private static ReconcilePlan Paid(DeploymentState row, params ObservedBackend[] observed) => Reconciler.Plan(row, observed, offers: null, Now, s_limits);
}
