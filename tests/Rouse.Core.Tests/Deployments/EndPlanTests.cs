using Rouse.Core.Deployments;
using static Rouse.Core.Deployments.ReconcileStep;
using static Rouse.Core.Tests.Deployments.Worlds;

namespace Rouse.Core.Tests.Deployments;

public sealed class EndPlanTests
{
    private static readonly DeploymentState s_deleting = Ready with { Phase = Phase.Deleting };

    [Theory]
    [InlineData(Phase.Deleting)]
    [InlineData(Phase.Failed)]
    [InlineData(Phase.Deleted)]
    public void Plan_WhenEnded_DeletesWhateverLives(Phase phase)
    {
        var plan = Plan(Ready with { Phase = phase, ReleasedAt = Now }, Backend("one", 1, ready: 1), Backend("two", 2));
        Assert.Equal([typeof(Delete), typeof(Delete)], plan.Steps.Select(step => step.GetType()));
        Assert.Equal(Limits.Recheck, plan.Again);
    }

    [Fact]
    public void Plan_WhenNothingIsLeft_IsDeletedAndReleased()
    {
        var plan = Plan(s_deleting);
        Assert.Equal([new Advance(1, Phase.Deleted), new MarkReleased()], plan.Steps);
        Assert.Null(plan.Again);
    }

    [Theory]
    [InlineData(AttemptOutcome.Pending, 26)]
    [InlineData(AttemptOutcome.Created, 1)] // Its answer has come; only the list may be behind.
    public void Plan_WhenACreateMayStillShowUp_WaitsForIt(AttemptOutcome outcome, int seconds)
    {
        var plan = Plan(s_deleting with { Outcome = outcome, AttemptAt = Now.AddSeconds(-4) });
        Assert.Empty(plan.Steps);
        Assert.Equal(TimeSpan.FromSeconds(seconds), plan.Again);
    }

    [Fact]
    public void Plan_WhenNothingWasEverCreated_IsDeletedAtOnce()
    {
        Assert.Equal([new Advance(0, Phase.Deleted), new MarkReleased()], Plan(Accepted with { Phase = Phase.Deleting }).Steps);
        Assert.Equal(2, Plan(Refused(FailureCodes.Quota) with { Phase = Phase.Deleting }).Steps.Count);
    }

    [Fact]
    public void Plan_WhenFailed_IsReleasedAndStaysFailed() => Assert.Equal([new MarkReleased()], Plan(Ready with { Phase = Phase.Failed }).Steps);

    [Fact]
    public void Plan_WhenReleased_HasNothingLeftToDo()
    {
        var plan = Plan(Ready with { Phase = Phase.Deleted, ReleasedAt = Now });
        Assert.Empty(plan.Steps);
        Assert.Null(plan.Again);
    }
}
