using Rouse.Core.Deployments;
using Rouse.Core.Scheduling;

namespace Rouse.Core.Tests.Scheduling;

/// <summary>How long somebody waits, and how long it is said to be.</summary>
public sealed class AdmissionClockTests
{
    private static readonly HttpService s_service = new() { WakeTimeout = TimeSpan.FromSeconds(100), BusyTimeout = TimeSpan.FromSeconds(30) };

    [Fact]
    public void WithoutCapacity_TheWakeTimeoutCounts_AndNotASecondMore()
    {
        var world = new AdmissionWorld(s_service);
        var first = world.Ask();
        world.Pass(10);
        var second = world.Ask();
        world.Pass(89.9);
        Assert.Empty(world.Refused);
        world.Pass(0.1);
        Assert.Equal(AdmissionReason.WakeTimeout, world.Refused[first].Reason);
        Assert.DoesNotContain(second, world.Refused.Keys);
        world.Pass(10);
        Assert.Equal(AdmissionReason.WakeTimeout, world.Refused[second].Reason);
    }

    [Fact]
    public void ATimerThatGoesOffEarly_StrandsNobody()
    {
        var world = new AdmissionWorld(s_service);
        var held = world.Ask();
        var hasty = world.Ask(wait: 5);
        world.GoOffEarly(0.0005);
        Assert.Empty(world.Refused);
        world.Pass(0.0005);
        Assert.Equal([hasty], world.Refused.Keys);
        world.GoOffEarly(0.0005);
        world.Pass(0.0005);
        Assert.Equal([hasty, held], world.Refused.Keys);
    }

    [Fact]
    public void TheClockThatCounts_ChangesWhenCapacityComesAndGoes()
    {
        var world = new AdmissionWorld(s_service);
        var running = world.Ask();
        var id = world.Ask();
        world.Pass(99);
        world.Ready("a");
        Assert.Contains(running, world.Granted.Keys);
        world.Pass(29);
        world.Ready();
        world.Pass(0.9);
        Assert.Empty(world.Refused);
        world.Ready("a");
        world.Pass(0.9);
        Assert.Empty(world.Refused);
        world.Pass(0.2);
        Assert.Equal(AdmissionReason.BusyTimeout, world.Refused[id].Reason);
    }

    [Fact]
    public void ACallersOwnWait_BoundsBothClocks_WhereverItStands()
    {
        var world = new AdmissionWorld(s_service);
        var patient = world.Ask();
        var hasty = world.Ask(wait: 5);
        var now = world.Ask(wait: 0);
        Assert.Equal(AdmissionReason.WakeTimeout, world.Refused[now].Reason);
        world.Pass(5);
        Assert.Equal([now, hasty], world.Refused.Keys);
        world.Ready("a");
        var next = world.Ask(wait: 7);
        world.Pass(7);
        Assert.Equal(AdmissionReason.BusyTimeout, world.Refused[next].Reason);
        Assert.Contains(patient, world.Granted.Keys);
    }

    [Fact]
    public void WhileItWakes_TheExpectedWait_IsWhatIsLeftOfTheWake_AndThoseBeforeIt()
    {
        var world = new AdmissionWorld(s_service with { MaxQueue = 2, Concurrency = 2 }, new AdmissionLimits { FirstService = TimeSpan.FromSeconds(10) });
        world.Ask();
        world.Ask();
        world.Pass(20);
        var refused = world.Refused[world.Ask()];
        Assert.Equal(3, refused.Position);
        Assert.Equal(TimeSpan.FromSeconds(40 + 10), refused.ExpectedWait);
        Assert.Equal(TimeSpan.FromSeconds(40), refused.RetryAfter);
        Assert.Equal((3, TimeSpan.FromSeconds(50)), world.Machine.Outlook(world.Now));
    }

    [Fact]
    public void WhileItIsBusy_TheExpectedWait_IsLearnedFromThoseBefore()
    {
        var world = new AdmissionWorld(s_service with { MaxQueue = 4 });
        world.Ready("a", "b");
        for (var i = 0; i < 3; i++)
        {
            var id = world.Ask();
            world.Pass(4);
            world.Finish(id);
        }

        Assert.Equal(TimeSpan.FromSeconds(4), world.Machine.ServiceTime);
        Assert.Equal(default, world.Machine.Outlook(world.Now));
        for (var i = 0; i < 6; i++) world.Ask();
        var refused = world.Refused[world.Ask()];
        Assert.Equal((AdmissionReason.QueueFull, 5), (refused.Reason, refused.Position));
        Assert.Equal(TimeSpan.FromSeconds(10), refused.ExpectedWait);
        Assert.Equal(TimeSpan.FromSeconds(2), refused.RetryAfter);
    }

    [Fact]
    public void WhenItEnds_WhoeverWaitsIsToldSo_AndWhoeverComes()
    {
        var world = new AdmissionWorld(s_service);
        var id = world.Ask();
        world.End();
        Assert.Equal(AdmissionReason.Ended, world.Refused[id].Reason);
        Assert.Equal(AdmissionReason.Ended, world.Refused[world.Ask()].Reason);
    }

    [Fact]
    public void AtAStop_WhoeverWaitsIsHandedBack_AndWhoeverNeedNotWait_IsServed()
    {
        var world = new AdmissionWorld(s_service);
        world.Ready("a");
        var running = world.Ask();
        var waiting = world.Ask();
        world.Stop();
        Assert.Equal(AdmissionReason.Stopping, world.Refused[waiting].Reason);
        Assert.True(world.Refused[waiting].RetryAfter > TimeSpan.Zero);
        world.Finish(running);
        Assert.Contains(world.Ask(), world.Granted.Keys);
        Assert.Equal(AdmissionReason.Stopping, world.Refused[world.Ask()].Reason);
    }
}
