using System.Text;
using Rouse.Core.Jobs;
using Rouse.Core.Ports;

namespace Rouse.Server.Tests.Relay;

/// <summary>What goes wrong between our queue and a provider's.</summary>
public sealed class JobRelayFaultTests
{
    [Theory]
    [InlineData(ProviderFault.Capacity)]
    [InlineData(ProviderFault.Quota)]
    [InlineData(ProviderFault.Balance)]
    [InlineData(ProviderFault.Unauthorized)]
    [InlineData(ProviderFault.RateLimited)]
    [InlineData(ProviderFault.Unknown)]
    public async Task ARefusedJob_StaysQueuedAndIsHandedOnWhenTheProviderTakesIt(ProviderFault fault)
    {
        await using var world = await RelayWorld.StartAsync(script: queue => queue.Refusal = () => new ProviderException(fault, "Not now."));
        var ids = new List<JobId>();
        for (var i = 0; i < 5; i++) ids.Add(await world.SubmitAsync());
        await world.UntilAsync(() => world.Queue.Asked > 0);
        var began = world.Time.GetUtcNow();
        await world.UntilAsync(() => world.Queue.Asked >= 15, step: TimeSpan.FromSeconds(10));
        foreach (var id in ids) Assert.Equal(JobStatus.InQueue, await world.StatusAsync(id));
        // A second, doubled up to a minute: all five at once at first, about 5 in the first half minute, then one a minute.
        Assert.True(world.Queue.Asked <= 12 + (2 * (world.Time.GetUtcNow() - began).TotalMinutes), $"{world.Queue.Asked} in {world.Time.GetUtcNow() - began}");

        world.Queue.Refusal = static () => null;
        world.Queue.Start = static () => new JobSighting(JobStatus.Completed, [(byte)'1']);

        foreach (var id in ids) await world.UntilAsync(id, JobStatus.Completed, step: TimeSpan.FromSeconds(1));
        Assert.Equal(5, world.Queue.Taken.Count);
        Assert.Equal(0, (await world.GetAsync(ids[0])).Retries);
    }

    [Fact]
    public async Task RetryAfter_IsKept()
    {
        var wait = TimeSpan.FromSeconds(40);
        var refusals = 1;
        await using var world = await RelayWorld.StartAsync(script: queue =>
            queue.Refusal = () => refusals-- > 0 ? new ProviderException(ProviderFault.RateLimited, "Too many.") { RetryAfter = wait } : null);
        await world.SubmitAsync();
        await world.UntilAsync(() => world.Queue.Asked == 1);
        var asked = world.Time.GetUtcNow();

        await world.UntilAsync(() => world.Queue.Taken.Count == 1, step: TimeSpan.FromSeconds(1));

        Assert.True(world.Queue.Taken[0].At - asked >= wait - TimeSpan.FromSeconds(1), $"{world.Queue.Taken[0].At - asked}");
    }

    [Fact]
    public async Task AJobThatIsRejected_Fails()
    {
        await using var world = await RelayWorld.StartAsync(script: queue => queue.Refusal = () => new ProviderException(ProviderFault.Rejected, "No such input."));
        var id = await world.SubmitAsync();

        await world.UntilAsync(id, JobStatus.Failed);

        Assert.Equal("No such input.", (await world.GetAsync(id)).Error);
        Assert.Equal(1, world.Queue.Asked);
    }

    [Fact]
    public async Task ALostAnswer_LosesNoJobAndItEndsOnce()
    {
        await using var world = await RelayWorld.StartAsync(script: queue => queue.LosesReplies = true);
        var id = await world.SubmitAsync(webhook: "http://127.0.0.1:9/told");
        await world.UntilAsync(() => world.Queue.Taken.Count == 1);
        world.Queue.LosesReplies = false;
        await world.UntilAsync(() => world.Queue.Taken.Count == 2);

        foreach (var run in world.Queue.Taken) world.Queue.Show(run.Id, JobStatus.Completed, "1");

        await world.UntilAsync(id, JobStatus.Completed);
        Assert.Single(await world.Deliveries.ClaimAsync(10, 10, default));
    }

    [Fact]
    public async Task LooksThatFail_AreRepeatedAndLoseNothing()
    {
        await using var world = await RelayWorld.StartAsync();
        var looks = 0;
        world.Queue.OnLook = () => ++looks < 10 ? throw new ProviderException((ProviderFault)(looks % 7), "Broken.") : ValueTask.CompletedTask;
        var id = await world.SubmitAsync();
        await world.UntilAsync(() => world.Queue.Taken.Count == 1);

        world.Queue.Show(world.Queue.Taken[0].Id, JobStatus.Completed, "1");

        await world.UntilAsync(id, JobStatus.Completed);
        Assert.Single(world.Queue.Taken);
    }

    [Fact]
    public async Task AJobTheProviderLost_RunsAgainAndFailsWhenThatHappensTooOften()
    {
        await using var world = await RelayWorld.StartAsync();
        var id = await world.SubmitAsync();
        for (var run = 1; run <= world.Plane.Limits.MaxTries; run++)
        {
            await world.UntilAsync(() => world.Queue.Taken.Count == run, step: TimeSpan.FromMilliseconds(500));
            world.Queue.Forget(world.Queue.Taken[^1].Id);
        }

        await world.UntilAsync(id, JobStatus.Failed);

        Assert.Equal("job timed out after 2 retries", (await world.GetAsync(id)).Error);
        Assert.Equal(3, world.Queue.Taken.Count);
    }

    [Fact]
    public async Task AJobThatDoesNotShowYet_IsNotLost()
    {
        await using var world = await RelayWorld.StartAsync();
        var id = await world.SubmitAsync();
        await world.UntilAsync(() => world.Queue.Taken.Count == 1);
        var there = world.Queue.Taken[0].Id;
        world.Queue.Forget(there);
        await world.PassAsync(world.Limits.SubmitLag / 2, step: TimeSpan.FromMilliseconds(500));

        world.Queue.Show(there, JobStatus.Completed, "1");

        await world.UntilAsync(id, JobStatus.Completed);
        Assert.Single(world.Queue.Taken);
    }

    [Fact]
    public async Task ACancelledJob_IsCancelledAtTheProvider()
    {
        await using var world = await RelayWorld.StartAsync();
        var id = await world.SubmitAsync();
        await world.UntilAsync(() => world.Queue.Looks.Count > 0);

        await world.Plane.CancelAsync(world.Deployment, id, default);

        await world.UntilAsync(() => world.Queue.Cancelled.Count == 1);
        Assert.Equal(world.Queue.Taken[0].Id, world.Queue.Cancelled[0]);
        Assert.Equal(JobStatus.Cancelled, await world.StatusAsync(id));
    }

    [Fact]
    public async Task AJobCancelledWhileItIsHandedOn_IsCancelledAtTheProvider()
    {
        var gate = new TaskCompletionSource();
        await using var world = await RelayWorld.StartAsync(script: queue => queue.Gate = gate.Task);
        var id = await world.SubmitAsync();
        await world.UntilAsync(() => world.Queue.Asked == 1);

        await world.Plane.CancelAsync(world.Deployment, id, default);
        gate.SetResult();

        await world.UntilAsync(() => world.Queue.Cancelled.Count == 1);
        Assert.Empty(world.Queue.Looks);
    }

    [Fact]
    public async Task PurgedAndEndedJobs_AreCancelledAtTheProvider()
    {
        await using var world = await RelayWorld.StartAsync();
        var purged = await world.SubmitAsync();
        await world.UntilAsync(() => world.Queue.Looks.Count > 0);
        Assert.Equal(1, await world.Plane.PurgeAsync(world.Deployment, default));
        await world.UntilAsync(() => world.Queue.Cancelled.Count == 1);
        Assert.Null(await world.Plane.GetAsync(world.Deployment, purged, default));

        var open = await world.SubmitAsync();
        await world.UntilAsync(() => world.Queue.Taken.Count == 2);
        await world.Plane.AbandonAsync(world.Deployment, "the deployment is deleting", default);

        await world.UntilAsync(() => world.Queue.Cancelled.Count == 2);
        Assert.Equal((JobStatus.Failed, "the deployment is deleting"), ((await world.GetAsync(open)).Status, (await world.GetAsync(open)).Error));
    }

    [Fact]
    public async Task AReplacedBackend_GivesItsJobsToTheNext()
    {
        await using var world = await RelayWorld.StartAsync();
        var id = await world.SubmitAsync();
        await world.UntilAsync(() => world.Queue.Looks.Count > 0);

        world.Backends[0] = world.Backend(2, "next");
        world.Nudge();

        await world.UntilAsync(() => world.Queue.Taken.Count == 2);
        Assert.Equal(new BackendId("next"), world.Queue.Taken[1].Backend);
        // What the old one came to is nobody's business any more.
        world.Queue.Show(world.Queue.Taken[0].Id, JobStatus.Completed, "\"old\"");
        world.Queue.Show(world.Queue.Taken[1].Id, JobStatus.Completed, "\"new\"");
        await world.UntilAsync(id, JobStatus.Completed);
        Assert.Equal("\"new\"", Encoding.UTF8.GetString((await world.GetAsync(id)).Output!));
    }

    [Fact]
    public async Task ABackendThatIsGone_LeavesItsJobsInTheQueue()
    {
        await using var world = await RelayWorld.StartAsync();
        var id = await world.SubmitAsync();
        await world.UntilAsync(() => world.Queue.Looks.Count > 0);

        world.Backends.Clear();
        world.Nudge();
        await world.UntilAsync(async () => (await world.Jobs.LoadAsync(world.Deployment, default)).Queued == 1);
        var looks = world.Queue.Looks.Count;
        await world.PassAsync(TimeSpan.FromMinutes(1), step: TimeSpan.FromSeconds(5));

        Assert.Equal(looks, world.Queue.Looks.Count);
        Assert.Equal(JobStatus.InQueue, await world.StatusAsync(id));
    }
}
