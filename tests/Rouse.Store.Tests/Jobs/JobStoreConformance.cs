using System.Text;
using Rouse.Core.Jobs;
using Rouse.Store.Tests.Engines;

namespace Rouse.Store.Tests.Jobs;

public sealed class SqliteJobStoreTests(SqliteEngine engine) : JobStoreConformance<SqliteEngine>(engine);

public sealed class PostgresJobStoreTests(PostgresEngine engine) : JobStoreConformance<PostgresEngine>(engine);

public abstract class JobStoreConformance<TEngine>(TEngine engine) : IClassFixture<TEngine>
    where TEngine : Engine
{
    private readonly JobStoreBench _bench = new(engine.Database);

    [EngineFact]
    public async Task Take_GivesOldestFirstAndLowPriorityLast()
    {
        var low = await _bench.SubmitAsync(terms: JobTerms.Default with { LowPriority = true });
        var first = await _bench.SubmitAsync();
        var second = await _bench.SubmitAsync();

        Assert.Equal(first, Assert.Single(await _bench.TakeAsync()).Id);
        Assert.Equal([second, low], (await _bench.TakeAsync(most: 5)).Select(job => job.Id));
        Assert.Empty(await _bench.TakeAsync());
    }

    [EngineFact]
    public async Task Take_CarriesTheInputByteForByte()
    {
        const string Input = """{ "b":  "é✓",  "n": 1.0e2 }""";
        await _bench.SubmitAsync(Input, JobTerms.Default with { ExecutionTimeout = TimeSpan.FromSeconds(7) }, "http://x/y", [1, 2]);
        _bench.Time.Advance(TimeSpan.FromMilliseconds(12));

        var job = Assert.Single(await _bench.TakeAsync());

        Assert.Equal(Input, Encoding.UTF8.GetString(job.Input));
        Assert.Equal(("http://x/y", TimeSpan.FromSeconds(7), TimeSpan.FromMilliseconds(12)), (job.Webhook, job.ExecutionTimeout, job.Waited));
        Assert.Equal([1, 2], job.SealedS3!);
    }

    [EngineFact]
    public async Task Take_WhenManyTakeAtOnce_GivesEachJobOnce()
    {
        for (var i = 0; i < 40; i++) await _bench.SubmitAsync();

        var taken = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Task.Run(async () => await _bench.TakeAsync($"w{i}", 3))));

        // A taker that meets rows held by another passes over them, so some may get fewer; none may get one twice.
        var ids = taken.SelectMany(jobs => jobs).Select(job => job.Id).ToList();
        Assert.Equal(ids.Count, ids.Distinct().Count());
        Assert.All(taken, jobs => Assert.InRange(jobs.Count, 0, 3));
        Assert.Equal(40, ids.Count + (await _bench.TakeAsync("last", 100)).Count);
    }

    [EngineFact]
    public async Task Get_ShowsTheWholeLife()
    {
        var id = await _bench.SubmitAsync();
        Assert.Equal(JobStatus.InQueue, await _bench.StatusAsync(id));
        _bench.Time.Advance(TimeSpan.FromMilliseconds(30));
        await _bench.TakeAsync();
        Assert.Equal(JobStatus.InProgress, await _bench.StatusAsync(id));
        _bench.Time.Advance(TimeSpan.FromMilliseconds(50));
        await _bench.FinishAsync(id, """{"x":1}""");

        var job = (await _bench.Store.GetAsync(_bench.Deployment, id, default))!;

        Assert.Equal("""{"delayTime":30,"executionTime":50,"id":"ID","output":{"x":1},"status":"COMPLETED","workerId":"w1"}""".Replace("ID", id.Value),
            Encoding.UTF8.GetString(JobDocument.Status(job)));
    }

    [EngineFact]
    public async Task Get_OfAnotherDeploymentsJob_FindsNothing()
    {
        var id = await _bench.SubmitAsync();

        Assert.Null(await new JobStoreBench(engine.Database).StatusAsync(id));
    }

    [EngineFact]
    public async Task Finish_WhenSentTwice_CountsOnce()
    {
        var id = await _bench.SubmitAndTakeAsync();

        Assert.Equal(JobStatus.Completed, (await _bench.FinishAsync(id, "1"))!.Status);
        Assert.Null(await _bench.FinishAsync(id, "2"));
        Assert.Null(await _bench.FinishAsync(id, null, "too late to fail"));
        Assert.Equal("1", Encoding.UTF8.GetString((await _bench.Store.GetAsync(_bench.Deployment, id, default))!.Output!));
    }

    [EngineFact]
    public async Task Finish_WithAnError_FailsTheJobAndKeepsItsOutput()
    {
        var id = await _bench.SubmitAndTakeAsync();

        await _bench.FinishAsync(id, """{"detail":1}""", "bad seed");

        var job = (await _bench.Store.GetAsync(_bench.Deployment, id, default))!;
        Assert.Equal((JobStatus.Failed, "bad seed", """{"detail":1}"""), (job.Status, job.Error, Encoding.UTF8.GetString(job.Output!)));
    }

    [EngineFact]
    public async Task Finish_OfAJobThatNobodyTook_IsRefused()
    {
        var id = await _bench.SubmitAsync();

        Assert.Null(await _bench.FinishAsync(id));
        Assert.Equal(JobStatus.InQueue, await _bench.StatusAsync(id));
    }

    [EngineFact]
    public async Task Progress_IsSeenWhileRunningAndIgnoredAfterTheEnd()
    {
        var id = await _bench.SubmitAndTakeAsync();

        Assert.True(await _bench.Store.ProgressAsync(_bench.Deployment, id, "50"u8.ToArray(), default));
        Assert.Equal("50", Encoding.UTF8.GetString((await _bench.Store.GetAsync(_bench.Deployment, id, default))!.Output!));
        await _bench.FinishAsync(id, "\"done\"");
        Assert.False(await _bench.Store.ProgressAsync(_bench.Deployment, id, "99"u8.ToArray(), default));

        Assert.Equal("\"done\"", Encoding.UTF8.GetString((await _bench.Store.GetAsync(_bench.Deployment, id, default))!.Output!));
    }

    [EngineFact]
    public async Task Cancel_EndsWaitingAndRunningJobsButNotEndedOnes()
    {
        var running = await _bench.SubmitAndTakeAsync();
        var waiting = await _bench.SubmitAsync();

        Assert.Null((await _bench.Store.CancelAsync(_bench.Deployment, waiting, default))!.Holder);
        Assert.Equal("w1", (await _bench.Store.CancelAsync(_bench.Deployment, running, default))!.Holder);
        Assert.Null(await _bench.Store.CancelAsync(_bench.Deployment, running, default));
        Assert.Null(await _bench.FinishAsync(running));
        Assert.Empty(await _bench.TakeAsync());
        Assert.Equal((JobStatus.Cancelled, JobStatus.Cancelled), (await _bench.StatusAsync(waiting), await _bench.StatusAsync(running)));
    }

    [EngineFact]
    public async Task Retry_QueuesAFailedJobAgainWithItsIdAndInput()
    {
        var id = await _bench.SubmitAndTakeAsync();
        Assert.Null(await _bench.Store.RetryAsync(_bench.Deployment, id, default));
        await _bench.FinishAsync(id, null, "boom");
        _bench.Time.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(JobStatus.InQueue, (await _bench.Store.RetryAsync(_bench.Deployment, id, default))!.Status);

        var again = Assert.Single(await _bench.TakeAsync());
        Assert.Equal((id, """{"a":1}""", TimeSpan.Zero), (again.Id, Encoding.UTF8.GetString(again.Input), again.Waited));
        await _bench.FinishAsync(id);
        Assert.Null(await _bench.Store.RetryAsync(_bench.Deployment, id, default));
        Assert.Equal(new JobTotals(1, 0, 0, 0, 1), await _bench.Store.CountAsync(_bench.Deployment, default));
    }

    [EngineFact]
    public async Task Purge_RemovesOnlyWaitingJobs()
    {
        var running = await _bench.SubmitAndTakeAsync();
        var waiting = await _bench.SubmitAsync();

        Assert.Equal(waiting, Assert.Single(await _bench.Store.PurgeAsync(_bench.Deployment, default)).Id);
        Assert.Equal((JobStatus.InProgress, null), (await _bench.StatusAsync(running), await _bench.StatusAsync(waiting)));
    }

    [EngineFact]
    public async Task Abandon_FailsWhateverHasNotEnded()
    {
        var ended = await _bench.SubmitAndTakeAsync();
        await _bench.FinishAsync(ended);
        var running = await _bench.SubmitAndTakeAsync();
        var waiting = await _bench.SubmitAsync();

        var changes = await _bench.Store.AbandonAsync(_bench.Deployment, "the deployment was deleted", default);

        Assert.Equal(new HashSet<JobId> { running, waiting }, changes.Select(change => change.Id).ToHashSet());
        Assert.Equal("the deployment was deleted", (await _bench.Store.GetAsync(_bench.Deployment, waiting, default))!.Error);
        Assert.Equal(JobStatus.Completed, await _bench.StatusAsync(ended));
    }

    [EngineFact]
    public async Task Load_TellsWhatScalingNeeds()
    {
        await _bench.SubmitAndTakeAsync("w1");
        await _bench.SubmitAndTakeAsync("w2");
        await _bench.SubmitAsync();
        _bench.Time.Advance(TimeSpan.FromSeconds(3));
        await _bench.SubmitAsync();

        var load = await _bench.Store.LoadAsync(_bench.Deployment, default);

        Assert.Equal((2, TimeSpan.FromSeconds(3)), (load.Queued, load.HeadWait));
        Assert.Equal(new Dictionary<string, int> { ["w1"] = 1, ["w2"] = 1 }, load.Running);
    }

    [EngineFact]
    public async Task Chunks_ComeOutOnceAndInOrder()
    {
        var id = await _bench.SubmitAndTakeAsync();
        for (var i = 0; i < 12; i++) Assert.True(await _bench.Store.AppendChunkAsync(_bench.Deployment, id, [(byte)('a' + i)], default));

        var chunks = await _bench.Store.DrainChunksAsync(_bench.Deployment, id, default);

        Assert.Equal("abcdefghijkl", string.Concat(chunks.Select(Encoding.UTF8.GetString)));
        Assert.Empty(await _bench.Store.DrainChunksAsync(_bench.Deployment, id, default));
    }

    [EngineFact]
    public async Task Chunks_WithNumbers_AreKeptOnce_AndNoneAfterAMissingOne()
    {
        var id = await _bench.SubmitAndTakeAsync();
        async Task<bool> AppendAsync(long number) => await _bench.Store.AppendChunkAsync(_bench.Deployment, id, [(byte)('0' + number)], default, number);

        Assert.True(await AppendAsync(1));
        Assert.True(await AppendAsync(2));
        Assert.True(await AppendAsync(2));
        Assert.False(await AppendAsync(4));
        Assert.True(await AppendAsync(3));

        Assert.Equal("123", string.Concat((await _bench.Store.DrainChunksAsync(_bench.Deployment, id, default)).Select(Encoding.UTF8.GetString)));
    }

    [EngineFact]
    public async Task Chunks_BeyondTheUnreadBound_AreLeftOutUntilSomebodyReads()
    {
        var bench = new JobStoreBench(engine.Database, new JobLimits { MaxUnreadStream = 350 });
        var id = await bench.SubmitAndTakeAsync();

        Assert.True(await bench.Store.AppendChunkAsync(bench.Deployment, id, new byte[150], default));
        Assert.False(await bench.Store.AppendChunkAsync(bench.Deployment, id, new byte[150], default));
        await bench.Store.DrainChunksAsync(bench.Deployment, id, default);
        Assert.True(await bench.Store.AppendChunkAsync(bench.Deployment, id, new byte[150], default));
        await bench.FinishAsync(id);
        Assert.False(await bench.Store.AppendChunkAsync(bench.Deployment, id, [1], default));
    }
}
