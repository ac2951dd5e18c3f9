using Rouse.Core.Deployments;
using static Rouse.Core.Deployments.ReconcileStep;
using static Rouse.Core.Tests.Deployments.Worlds;

namespace Rouse.Core.Tests.Deployments;

public sealed class StartPlanTests
{
    private static readonly FailureCause s_down = new(FailureCodes.ProviderUnavailable, "It does not answer.");

    [Fact]
    public void Plan_WhenAccepted_SaysSoAndAsksForOffers() => Assert.Equal(
        [new Advance(0, Phase.Validating), new Advance(0, Phase.SelectingGpu), new FindOffers()], Plan(Accepted).Steps);

    [Fact]
    public void Plan_WithOffers_StartsTheNextAttemptWithTheBest() =>
        Assert.Equal(["Start 1 small, tried small"], Brief(PlanWith(Accepted, Small, Large)));

    [Fact]
    public void Plan_WithoutAnyOffer_SaysSoAndCreatesNothing()
    {
        var plan = PlanWith(Accepted);
        Assert.Equal(["Note no_capacity"], Brief(plan));
        Assert.Equal(Limits.RetryDelay, plan.Again);
    }

    [Fact]
    public void Plan_WhenCreateOutcomeUnknown_WaitsForTheListToBeTrue()
    {
        var plan = Plan(Pending);
        Assert.Empty(plan.Steps);
        Assert.Equal(TimeSpan.FromSeconds(25), plan.Again);
    }

    [Fact]
    public void Plan_WhenCreateOutcomeUnknownAndSettled_StartsAnotherAttemptElsewhere() =>
        Assert.Equal(["Start 2 large, tried small large"], Brief(PlanWith(Pending with { AttemptAt = Now.AddSeconds(-30) }, Small, Large)));

    [Fact]
    public void Plan_WhenTheUnknownCreateIsListed_AdoptsIt()
    {
        Assert.Equal([new Adopt(1, new("one"))], Plan(Pending, Backend("one", 1)).Steps);
        Assert.Equal([new Adopt(1, new("one")), new Advance(1, Phase.Ready)], Plan(Pending, Backend("one", 1, ready: 1)).Steps);
    }

    [Fact]
    public void Plan_WhenOneCreateMadeTwo_KeepsTheSameOneInAnyOrder()
    {
        Assert.Equal(["Adopt one", "Delete two"], Brief(Plan(Pending, Backend("two", 1), Backend("one", 1))));
        Assert.Equal(["Adopt one", "Delete two"], Brief(Plan(Pending, Backend("one", 1), Backend("two", 1))));
    }

    [Fact]
    public void Plan_WhenCapacityWasRefused_AsksTheNextOfferAtOnce() =>
        Assert.Equal(["Start 2 large, tried small large"], Brief(PlanWith(Refused(FailureCodes.NoCapacity), Small, Large)));

    [Fact]
    public void Plan_WhenPricesMoved_StillAsksWhatWasNotAsked() =>
        Assert.Equal(["Start 2 large, tried small large"], Brief(PlanWith(Refused(FailureCodes.NoCapacity), Large, Small with { PricePerSecond = 5m })));

    [Fact]
    public void Plan_WhenToldToSlowDown_AsksTheSameOfferAgainLater() => Assert.Equal(
        ["Start 2 small, tried small"], Brief(PlanWith(Refused(FailureCodes.RateLimited, secondsAgo: 10), Small, Large)));

    [Fact]
    public void Plan_WhenEveryOfferLackedCapacity_WaitsBeforeTheNextRound()
    {
        var all = Refused(FailureCodes.NoCapacity) with { Offer = Large, Tried = [Small.Key(), Large.Key()] };
        var plan = PlanWith(all, Small, Large);
        Assert.Equal(["Note no_capacity"], Brief(plan));
        Assert.Equal(TimeSpan.FromSeconds(9), plan.Again);
        Assert.Equal(["Start 2 small, tried small"], Brief(PlanWith(all with { AttemptAt = Now.AddSeconds(-10) }, Small, Large)));
    }

    [Fact]
    public void Plan_WhenCallsWereTooMany_WaitsWithoutAskingAnything() => Assert.Empty(Plan(Refused(FailureCodes.RateLimited)).Steps);

    [Theory]
    [InlineData(FailureCodes.Rejected)]
    [InlineData(FailureCodes.Unauthorized)]
    [InlineData(FailureCodes.Balance)]
    [InlineData(FailureCodes.Quota)]
    [InlineData(FailureCodes.WorkerMissing)]
    public void Plan_WhenWaitingCannotCureTheRefusal_Fails(string code)
    {
        var failed = Assert.IsType<Advance>(Assert.Single(Plan(Refused(code)).Steps));
        Assert.Equal((Phase.Failed, code), (failed.To, failed.Cause!.Code));
    }

    [Fact]
    public void Plan_WhenTheDeadlinePassed_FailsForWhatWasSeenLast()
    {
        var failed = Assert.IsType<Advance>(Assert.Single(Plan(Refused(FailureCodes.NoCapacity) with { Deadline = Now }).Steps));
        Assert.Equal(FailureCodes.NoCapacity, failed.Cause!.Code);
        Assert.Contains("No.", failed.Cause.Message, StringComparison.Ordinal);
        var unknown = Assert.IsType<Advance>(Assert.Single(Plan(Accepted with { Deadline = Now }).Steps));
        Assert.Equal(FailureCodes.StartTimeout, unknown.Cause!.Code);
    }

    [Fact]
    public void Plan_WhenAWorkerStaysWarming_EndsAtTheSameDeadline_AndMeanwhileOnlyWaits()
    {
        var warming = Created with { Phase = Phase.Warming };
        Assert.Empty(Plan(warming, Backend("one", 1)).Steps);
        Assert.Equal(["Advance Failed start_timeout", "Delete one"], Brief(Plan(warming with { Deadline = Now }, Backend("one", 1))));
        Assert.Equal(["Advance Ready"], Brief(Plan(warming, Backend("one", 1, ready: 1))));
    }

    [Fact]
    public void Plan_WhereSeveralEnginesCouldServe_LooksAtTheModelOnce()
    {
        var choosing = Limits with { Chooses = true };
        Assert.Contains(Reconciler.Plan(Accepted, [], offers: null, Now, choosing).Steps, step => step is InspectModel);
        Assert.DoesNotContain(Reconciler.Plan(Accepted with { VramGb = 0, Engine = Core.Models.WorkerEngine.Onnx }, [], offers: null, Now, choosing).Steps, step => step is InspectModel);
        Assert.DoesNotContain(Reconciler.Plan(Accepted, [], offers: null, Now, Limits).Steps, step => step is InspectModel);
    }

    [Fact]
    public void PlanBlocked_SaysWhatItWaitsFor_AndFailsAStartAtItsDeadlineOnly()
    {
        string[] Blocked(DeploymentState row, bool final = false) => Brief(Reconciler.PlanBlocked(row, s_down, final, Now, Limits));
        Assert.Equal(["Note provider_unavailable"], Blocked(Created));
        Assert.Empty(Blocked(Created with { Waiting = s_down }));
        Assert.Equal(["Note provider_unavailable"], Blocked(Ready, final: true));
        Assert.Equal(["Note provider_unavailable"], Blocked(Created with { Phase = Phase.Deleting, Deadline = Now }));
        Assert.Equal(["Advance Failed provider_unavailable"], Blocked(Created with { Deadline = Now }));
        Assert.Equal(["Advance Failed provider_unavailable"], Blocked(Created, final: true));
    }
}
