using Rouse.Core.Deployments;
using Rouse.Core.Scheduling;

namespace Rouse.Core.Tests.Scheduling;

public sealed class AdmissionMachineTests
{
    [Fact]
    public void WhoeverComesWhileItSleeps_JoinsOneWake_AndIsReleasedAtTheBackendsConcurrency()
    {
        var world = new AdmissionWorld(new HttpService { Concurrency = 2 });
        var ids = Enumerable.Range(0, 6).Select(_ => world.Ask()).ToList();
        Assert.Equal(1, world.Wakes);
        world.Ready("a");
        Assert.Equal(ids[..2], world.Granted.Keys);
        world.Ready("a", "b");
        Assert.Equal(ids[..4], world.Granted.Keys);
        world.Finish(ids[0]);
        Assert.Equal(ids[..5], world.Granted.Keys);
        Assert.Equal(1, world.Wakes);
    }

    [Fact]
    public void OfSeveralBackends_TheOneWithTheLeastToDo_IsNext()
    {
        var world = new AdmissionWorld(new HttpService { Concurrency = 4 });
        world.Ready("a", "b");
        for (var i = 0; i < 6; i++) world.Ask();
        Assert.Equal((3, 3), (world.InFlightAt("a"), world.InFlightAt("b")));
    }

    [Fact]
    public void ABackendThatVanishes_IsNotCountedToAnother_AndCountsAgainWhenItComesBack()
    {
        var world = new AdmissionWorld();
        world.Ready("a");
        var first = world.Ask();
        world.Ready("b");
        Assert.Equal("b", world.Granted[world.Ask()]);
        world.Ready("a", "b");
        var third = world.Ask();
        Assert.DoesNotContain(third, world.Granted.Keys);
        world.Finish(first);
        Assert.Equal("a", world.Granted[third]);
    }

    [Fact]
    public void WhoeverHasLeft_IsNeverGranted()
    {
        var world = new AdmissionWorld();
        var ids = Enumerable.Range(0, 4).Select(_ => world.Ask()).ToList();
        world.Leave(ids[0]);
        world.Leave(ids[2]);
        world.Ready("a");
        world.Finish(ids[1]);
        world.Finish(ids[3]);
        Assert.Equal([ids[1], ids[3]], world.Granted.Keys);
    }

    [Fact]
    public void WhenTheLastOneLeaves_NobodyWaitsForTheWake()
    {
        var world = new AdmissionWorld();
        var id = world.Ask();
        Assert.True(world.IsWaking);
        world.Leave(id);
        Assert.False(world.IsWaking);
        world.Ask();
        Assert.Equal(2, world.Wakes);
    }

    [Fact]
    public void ThePlacesAndTheBytesOfARoute_HoldExactly()
    {
        var world = new AdmissionWorld(new HttpService { MaxQueue = 50, MaxQueueBytes = 100 });
        for (var i = 0; i < 49; i++) world.Ask(bytes: 2);
        Assert.Equal(AdmissionReason.QueueBytesFull, world.Refused[world.Ask(bytes: 3)].Reason);
        world.Ask(bytes: 2);
        var refused = world.Refused[world.Ask()];
        Assert.Equal((AdmissionReason.QueueFull, 51), (refused.Reason, refused.Position));
        Assert.Equal(50, world.Machine.Waiting);
        // Jobs have places of their own.
        for (var i = 0; i < 50; i++) world.Ask(queued: true, bytes: 1000);
        Assert.Equal(AdmissionReason.QueueFull, world.Refused[world.Ask(queued: true)].Reason);
    }

    [Fact]
    public void ATenantsShare_HoldsOverAllItsDeployments_AndLeavesOthersTheirs()
    {
        var limits = new AdmissionLimits { TenantPlaces = 3, TenantBytes = 100 };
        var shares = new AdmissionShares(limits);
        AdmissionWorld[] worlds = [new(limits: limits, shares: shares), new(limits: limits, shares: shares)];
        worlds[0].Ask(bytes: 50);
        var second = worlds[1].Ask(bytes: 10);
        Assert.Equal(AdmissionReason.TenantFull, worlds[0].Refused[worlds[0].Ask(bytes: 41)].Reason);
        worlds[0].Ask(bytes: 40);
        Assert.Equal(AdmissionReason.TenantFull, worlds[1].Refused[worlds[1].Ask()].Reason);
        var bobs = worlds[1].Ask(caller: AdmissionWorld.Bob, bytes: 100);
        Assert.Contains(bobs, worlds[1].WaitingIds);
        worlds[1].Leave(second);
        Assert.Contains(worlds[0].Ask(), worlds[0].WaitingIds);
        Assert.Equal((3, 90L), shares.Of(AdmissionWorld.Alice));
    }

    [Fact]
    public void JobsGoAfterCallers_ButAlsoWhenCallersNeverCease()
    {
        var world = new AdmissionWorld(new HttpService { MaxQueue = 100 }, new AdmissionLimits { HeldInARow = 3 });
        world.Ready("a");
        var first = world.Ask();
        long[] queued = [world.Ask(queued: true), world.Ask(queued: true)];
        for (var i = 0; i < 10; i++) world.Ask();
        world.Finish(first);
        List<long> order = [];
        while (world.InFlightIds is [var id])
        {
            order.Add(id);
            world.Finish(id);
        }

        Assert.Equal([3, 7], [order.IndexOf(queued[0]), order.IndexOf(queued[1])]);
        Assert.Equal(12, order.Count);
    }
}
