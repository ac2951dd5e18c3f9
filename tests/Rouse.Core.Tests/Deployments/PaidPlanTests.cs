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

    [Fact]
    public void Plan_WhenAReadyBackendWasDeletedByOthers_StartsAnew_OrEnds()
    {
        Assert.Equal(["Forget"], Brief(Paid(Ready)));
        Assert.Equal(["Advance Failed backend_lost"], Brief(Paid(Ready with { Spec = Ready.Spec with { Drift = DriftPolicy.Adopt } })));
    }

    private static ReconcilePlan Paid(DeploymentState row, params ObservedBackend[] observed) => Reconciler.Plan(row, observed, offers: null, Now, s_limits);
}
