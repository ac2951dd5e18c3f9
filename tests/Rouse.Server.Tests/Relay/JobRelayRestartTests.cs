using Rouse.Core.Jobs;

namespace Rouse.Server.Tests.Relay;

/// <summary>What a server that was killed or stopped leaves to the next.</summary>
public sealed class JobRelayRestartTests
{
    [Fact]
    public async Task AfterAKill_AJobThatLiesWithTheProvider_IsFollowedAndNotHandedOnAgain()
    {
        await using var killed = await RelayWorld.StartAsync();
        var id = await killed.SubmitAsync();
        await killed.UntilAsync(() => killed.Queue.Looks.Count > 0);
        await killed.KillAsync();
        killed.Time.Advance(killed.Plane.Limits.Lease * 2);

        await using var world = await killed.SucceedAsync();
        await world.PassAsync(TimeSpan.FromMinutes(3), step: TimeSpan.FromSeconds(2));
        Assert.Equal((JobStatus.InQueue, 0), ((await world.GetAsync(id)).Status, (await world.GetAsync(id)).Retries));
        world.Queue.Show(world.Queue.Taken[0].Id, JobStatus.Completed, "1");

        await world.UntilAsync(id, JobStatus.Completed);
        Assert.Single(world.Queue.Taken);
    }

    [Fact]
    public async Task AfterAKill_AJobThatNobodyKnowsTheIdOf_IsHandedOnAgain()
    {
        var gate = new TaskCompletionSource();
        await using var killed = await RelayWorld.StartAsync(script: queue => queue.Gate = gate.Task);
        var id = await killed.SubmitAsync();
        await killed.UntilAsync(() => killed.Queue.Asked == 1);
        var kill = killed.KillAsync();
        gate.SetResult();
        await kill;
        Assert.Single(killed.Queue.Taken);

        await using var world = await killed.SucceedAsync();
        await world.UntilAsync(() => world.Queue.Taken.Count == 2, step: TimeSpan.FromSeconds(1));
        world.Queue.Show(world.Queue.Taken[1].Id, JobStatus.Completed, "1");

        await world.UntilAsync(id, JobStatus.Completed);
        Assert.Equal(1, (await world.GetAsync(id)).Retries);
    }

    [Fact]
    public async Task AfterAKill_AJobThatWasCancelledMeanwhile_IsCancelledAtTheProvider()
    {
        await using var killed = await RelayWorld.StartAsync();
        var id = await killed.SubmitAsync();
        await killed.UntilAsync(() => killed.Queue.Looks.Count > 0);
        await killed.KillAsync();
        killed.Backends.Clear();
        await using var deaf = await killed.SucceedAsync(owner: "a server that does not relay");
        await deaf.Jobs.CancelAsync(deaf.Deployment, id, default);
        await deaf.KillAsync();
        deaf.Backends.Add(deaf.Backend(1, "ep"));

        await using var world = await deaf.SucceedAsync();

        await world.UntilAsync(() => world.Queue.Cancelled.Count == 1);
        Assert.Equal(world.Queue.Taken[0].Id, world.Queue.Cancelled[0]);
    }

    [Fact]
    public async Task AfterAKill_JobsOfABackendThatIsGone_WaitAgain()
    {
        await using var killed = await RelayWorld.StartAsync();
        var id = await killed.SubmitAsync();
        await killed.UntilAsync(() => killed.Queue.Looks.Count > 0);
        await killed.KillAsync();
        killed.Backends[0] = killed.Backend(2, "next");

        await using var world = await killed.SucceedAsync();

        await world.UntilAsync(() => world.Queue.Taken.Count == 2);
        Assert.Equal("next", world.Queue.Taken[1].Backend.Value);
        Assert.Equal(JobStatus.InQueue, await world.StatusAsync(id));
    }

    [Fact]
    public async Task AStop_LeavesTheJobsToTheNextReplicaAtOnce()
    {
        await using var first = await RelayWorld.StartAsync();
        var id = await first.SubmitAsync();
        await first.UntilAsync(() => first.Queue.Looks.Count > 0);
        await using var second = await first.SucceedAsync(owner: "two");
        await first.StopAsync();
        second.Queue.Show(second.Queue.Taken[0].Id, JobStatus.Completed, "1");

        await second.UntilAsync(id, JobStatus.Completed);

        Assert.Single(second.Queue.Taken);
    }
}
