using Rouse.Core.Deployments;
using static Rouse.Core.Deployments.ReconcileStep;
using static Rouse.Core.Tests.Deployments.Worlds;

namespace Rouse.Core.Tests.Deployments;

public sealed class StartPlanTests
{
    [Fact]
    public void Plan_WhenAccepted_SaysSoAndAsksForOffers() => Assert.Equal(
        [new Advance(0, Phase.Validating), new Advance(0, Phase.SelectingGpu), new FindOffers()], Plan(Accepted).Steps);

    [Fact]
    public void Plan_WithOffers_StartsTheNextAttemptWithTheBest() =>
        Assert.Equal([new StartAttempt(1, Small)], PlanWith(Accepted, Small, Large).Steps);

    [Fact]
    public void Plan_WithoutAnyOffer_WaitsAndCreatesNothing()
    {
        var plan = PlanWith(Accepted);
        Assert.Empty(plan.Steps);
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
        Assert.Equal([new StartAttempt(2, Large)], PlanWith(Pending with { AttemptAt = Now.AddSeconds(-30) }, Small, Large).Steps);

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
        Assert.Equal([new StartAttempt(2, Large)], PlanWith(Refused(FailureCodes.NoCapacity), Small, Large).Steps);

    [Fact]
    public void Plan_WhenEveryOfferLackedCapacity_WaitsBeforeTheNextRound()
    {
        var plan = PlanWith(Refused(FailureCodes.NoCapacity) with { Offer = Large }, Small, Large);
        Assert.Empty(plan.Steps);
        Assert.Equal(TimeSpan.FromSeconds(9), plan.Again);
        Assert.Equal(
            [new StartAttempt(2, Small)], PlanWith(Refused(FailureCodes.NoCapacity, secondsAgo: 10) with { Offer = Large }, Small, Large).Steps);
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
    public void Plan_WhenTheDeadlinePassed_FailsAndSaysWhatWasSeenLast()
    {
        var failed = Assert.IsType<Advance>(Assert.Single(Plan(Refused(FailureCodes.NoCapacity) with { Deadline = Now }).Steps));
        Assert.Equal(FailureCodes.StartTimeout, failed.Cause!.Code);
        Assert.Contains("No.", failed.Cause.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void PlanUnseen_FailsAStartAtItsDeadline_AndTouchesNothingElse()
    {
        Assert.Empty(Reconciler.PlanUnseen(Created, "down", Now, Limits).Steps);
        Assert.Empty(Reconciler.PlanUnseen(Ready, "down", Now, Limits).Steps);
        Assert.Empty(Reconciler.PlanUnseen(Created with { Phase = Phase.Deleting, Deadline = Now }, "down", Now, Limits).Steps);
        Assert.IsType<Advance>(Assert.Single(Reconciler.PlanUnseen(Created with { Deadline = Now }, "down", Now, Limits).Steps));
    }

    private static string[] Brief(ReconcilePlan plan) => [.. plan.Steps.Select(step => step switch
    {
        Adopt adopt => $"Adopt {adopt.Backend}",
        Delete delete => $"Delete {delete.Backend}",
        _ => step.GetType().Name,
    })];
}
