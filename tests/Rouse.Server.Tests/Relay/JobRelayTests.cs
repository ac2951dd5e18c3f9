using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Rouse.Core.Jobs;
using Rouse.Core.Ports;
using Rouse.Server.Background;
using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.Relay;

/// <summary>The way of a job to a provider's own queue and back.</summary>
public sealed class JobRelayTests
{
    [Fact]
    public async Task AJob_GoesToTheProvidersQueueAndItsResultComesBack()
    {
        await using var world = await RelayWorld.StartAsync();
        var terms = new JobTerms(TimeSpan.FromSeconds(7), TimeSpan.FromHours(1), LowPriority: true);
        var id = await world.SubmitAsync(terms, """{"prompt": "a  cat"}""", s3: [.. "{}"u8.ToArray().Select(b => (byte)~b)]);
        await world.UntilAsync(() => world.Queue.Taken.Count == 1);
        var handed = world.Queue.Taken[0];
        Assert.Equal("""{"prompt": "a  cat"}""", Encoding.UTF8.GetString(handed.Job.Input));
        Assert.Equal("{}", Encoding.UTF8.GetString(handed.Job.S3Config!));
        Assert.Equal((terms.ExecutionTimeout, true), (handed.Job.Terms.ExecutionTimeout, handed.Job.Terms.LowPriority));
        Assert.InRange(handed.Job.Terms.TimeToLive, TimeSpan.FromMinutes(59), terms.TimeToLive);
        Assert.Equal(JobStatus.InQueue, await world.StatusAsync(id));

        world.Queue.Show(handed.Id, JobStatus.InProgress, "50");
        await world.UntilAsync(id, JobStatus.InProgress);
        await world.UntilAsync(async () => (await world.GetAsync(id)).Output is not null);
        world.Queue.Show(handed.Id, JobStatus.Completed, "[1]", execution: TimeSpan.FromMilliseconds(20));
        await world.UntilAsync(id, JobStatus.Completed);

        var job = await world.GetAsync(id);
        Assert.Equal(("[1]", null, 0), (Encoding.UTF8.GetString(job.Output!), job.Error, job.Retries));
        Assert.Equal(TimeSpan.FromMilliseconds(20), job.EndedAt - job.TakenAt);
        Assert.Single(world.Queue.Taken);
        await Eventually.TrueAsync(async () => (await world.Relayed.ListAsync(default)).Count == 0);
    }

    [Theory]
    [InlineData(JobStatus.Failed, "boom", "boom")]
    [InlineData(JobStatus.Failed, null, "the provider says that the job failed, and not why")]
    [InlineData(JobStatus.TimedOut, null, "job ran longer than its executionTimeout")]
    [InlineData(JobStatus.Cancelled, null, null)]
    public async Task AnotherEnd_IsTheJobsEnd(JobStatus end, string? error, string? told)
    {
        await using var world = await RelayWorld.StartAsync();
        var id = await world.SubmitAsync();
        await world.UntilAsync(() => world.Queue.Taken.Count == 1);

        world.Queue.Show(world.Queue.Taken[0].Id, end, "{}", error);
        await world.UntilAsync(id, end);

        var job = await world.GetAsync(id);
        Assert.Equal((told, "{}"), (job.Error, Encoding.UTF8.GetString(job.Output!)));
    }

    [Fact]
    public async Task TheProvidersId_IsWrittenDownBeforeTheJobIsFollowed()
    {
        await using var world = await RelayWorld.StartAsync();
        var known = new List<int>();
        world.Queue.OnLook = async () => known.Add((await world.Relayed.ListAsync(default)).Count);

        await world.SubmitAsync();

        await world.UntilAsync(() => known.Count > 0);
        Assert.Equal(1, known[0]);
    }

    [Fact]
    public async Task TheDeployment_IsLookedAtBeforeAJobIsHandedOn()
    {
        await using var world = await RelayWorld.StartAsync();
        await world.SubmitAsync();
        await world.UntilAsync(() => world.Queue.Taken.Count == 1);
        Assert.Equal((world.Deployment, 0), world.Hints[0]);

        var began = world.Time.GetUtcNow();
        await world.UntilAsync(() => world.Hints.Count >= 3, step: TimeSpan.FromSeconds(5));

        // However late a slow machine is: not more often than it helps.
        Assert.True(world.Hints.Count <= 2 + ((world.Time.GetUtcNow() - began) / world.Limits.HintEvery), $"{world.Hints.Count}");
    }

    [Fact]
    public async Task AJob_MayWaitAtTheProviderForLongerThanItMayRun()
    {
        await using var world = await RelayWorld.StartAsync();
        var id = await world.SubmitAsync(new JobTerms(TimeSpan.FromSeconds(5), TimeSpan.FromDays(1), LowPriority: false));
        await world.UntilAsync(() => world.Queue.Taken.Count == 1);

        await world.PassAsync(TimeSpan.FromMinutes(5), step: TimeSpan.FromSeconds(2));

        Assert.Equal((JobStatus.InQueue, 0), ((await world.GetAsync(id)).Status, (await world.GetAsync(id)).Retries));
        Assert.Single(world.Queue.Taken);
    }

    [Fact]
    public async Task Looks_ComeSoonAtFirstAndSeldomLater()
    {
        await using var world = await RelayWorld.StartAsync();
        await world.SubmitAsync();
        await world.UntilAsync(() => world.Queue.Taken.Count == 1, step: TimeSpan.FromMilliseconds(1));
        await world.UntilAsync(() => world.Queue.Looks.Count == 2, step: TimeSpan.FromMilliseconds(10));
        // A slow machine is late, and never early: what is between looks is theirs at least, and soon after the start there are the more of them.
        var taken = world.Queue.Taken[0].At;
        Assert.True(world.Queue.Looks[0] - taken >= world.Limits.FirstLook, $"{world.Queue.Looks[0] - taken}");
        Assert.True(world.Queue.Looks[1] - taken < world.Limits.LongestLook, $"{world.Queue.Looks[1] - taken}");

        await world.UntilAsync(() => world.Queue.Looks.Count >= 12, step: TimeSpan.FromMilliseconds(500));

        Assert.True(world.Queue.Looks[^1] - world.Queue.Looks[^2] >= world.Limits.LongestLook, $"{world.Queue.Looks[^1] - world.Queue.Looks[^2]}");
    }

    [Fact]
    public async Task Looks_OfOneAccountKeepItsRate()
    {
        await using var world = await RelayWorld.StartAsync(new JobRelayLimits { LooksPerSecond = 2, LongestLook = TimeSpan.FromMilliseconds(200) });
        var other = JobPlane.JobPlaneApp.NewDeployment();
        world.Backends.Add(world.Backend(1, "other", other));
        world.Nudge();
        foreach (var deployment in new[] { world.Deployment, other })
        {
            for (var i = 0; i < 10; i++) await world.SubmitAsync(deployment: deployment);
        }

        await world.UntilAsync(() => world.Queue.Taken.Count == 20);
        var (before, began) = (world.Queue.Looks.Count, world.Time.GetUtcNow());
        await world.UntilAsync(() => world.Queue.Looks.Count - before >= 30, step: TimeSpan.FromMilliseconds(100));

        var allowed = 3 + ((world.Time.GetUtcNow() - began).TotalSeconds * world.Limits.LooksPerSecond);
        Assert.True(world.Queue.Looks.Count - before <= allowed, $"{world.Queue.Looks.Count - before} of {allowed}");
    }

    [Fact]
    public async Task NoMoreJobsThanTheBound_LieWithTheProviderAtOnce()
    {
        await using var world = await RelayWorld.StartAsync(new JobRelayLimits { MaxInFlight = 3 });
        for (var i = 0; i < 5; i++) await world.SubmitAsync();
        await world.UntilAsync(() => world.Queue.Taken.Count == 3);
        await world.PassAsync(TimeSpan.FromSeconds(10), step: TimeSpan.FromSeconds(1));
        Assert.Equal(3, world.Queue.Taken.Count);

        world.Queue.Show(world.Queue.Taken[1].Id, JobStatus.Completed, "1");

        await world.UntilAsync(() => world.Queue.Taken.Count == 4);
    }

    [Fact]
    public async Task ARelay_IsNotCountedAsAWorker()
    {
        await using var world = await RelayWorld.StartAsync();
        await world.SubmitAsync();
        await world.UntilAsync(() => world.Queue.Looks.Count > 0);

        Assert.Empty((await world.Plane.StateAsync(world.Deployment, default)).Workers);
    }

    [Fact]
    public async Task C11_ACompletionThatIsSeenTwice_EndsTheJobOnceAndTellsOnce()
    {
        await using var world = await RelayWorld.StartAsync();
        var id = await world.SubmitAsync(webhook: "http://127.0.0.1:9/told");
        await world.UntilAsync(() => world.Queue.Looks.Count > 0);
        await world.StopRelayAsync();
        var found = await world.Relayed.ListAsync(default);
        using var looking = new SemaphoreSlim(2);
        using var ends = new CancellationTokenSource();
        var calls = new JobRelayCalls(world.Queue, new JobRelayAccount(world.Limits, world.Time), looking, world.Limits, world.Time);
        // Two replicas believe to be the one that relays, and see the end at the same moment.
        var both = new TaskCompletionSource();
        var looks = 0;
        world.Queue.OnLook = async () =>
        {
            if (Interlocked.Increment(ref looks) == 2) both.SetResult();
            await both.Task;
        };
        world.Queue.Show(world.Queue.Taken[0].Id, JobStatus.Completed, "1");
        var runs = Enumerable.Range(0, 2)
            .Select(_ => new JobRelayRun(world.Ports, world.Backends[0], calls, NullLogger.Instance).RunAsync(found, ends.Token)).ToList();
        await world.UntilAsync(id, JobStatus.Completed);
        await ends.CancelAsync();
        await Task.WhenAll(runs);

        Assert.Equal(2, looks);
        Assert.Single(world.Queue.Taken);
        Assert.Single(await world.Deliveries.ClaimAsync(10, 10, default));
    }

    [Fact]
    public async Task C12_AResultNobodyHasReadYet_OutlivesTheProvidersHalfHour()
    {
        await using var world = await RelayWorld.StartAsync();
        var id = await world.SubmitAsync();
        await world.UntilAsync(() => world.Queue.Taken.Count == 1);
        var there = world.Queue.Taken[0].Id;
        world.Queue.Show(there, JobStatus.Completed, "\"kept\"");
        await world.PassAsync(TimeSpan.FromSeconds(6), step: TimeSpan.FromSeconds(1));
        world.Queue.Forget(there);

        await world.PassAsync(TimeSpan.FromHours(2), step: TimeSpan.FromMinutes(1));

        var job = await world.GetAsync(id);
        Assert.Equal((JobStatus.Completed, "\"kept\""), (job.Status, Encoding.UTF8.GetString(job.Output!)));
        Assert.Single(world.Queue.Taken);
    }
}
