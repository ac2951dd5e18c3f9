using System.Text;
using System.Text.Json;
using Rouse.Core.Jobs;
using Rouse.Store.Jobs;
using Rouse.Store.Tests.Engines;
using Rouse.Core.Webhooks;
using Rouse.Store.Webhooks;

namespace Rouse.Store.Tests.Jobs;

public sealed class SqliteJobTimeTests(SqliteEngine engine) : JobTimeConformance<SqliteEngine>(engine);

public sealed class PostgresJobTimeTests(PostgresEngine engine) : JobTimeConformance<PostgresEngine>(engine);

/// <summary>What time, lost workers and the sweep do.</summary>
public abstract class JobTimeConformance<TEngine>(TEngine engine) : IClassFixture<TEngine>
    where TEngine : Engine
{
    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(1);
    private readonly JobStoreBench _bench = new(engine.Database);

    [EngineFact]
    public async Task Sweep_WhenALeaseRanOut_QueuesTheJobAgain()
    {
        var id = await _bench.SubmitAndTakeAsync();

        Assert.Empty(await _bench.SweepAfterAsync(_bench.Limits.Lease - s_tick));
        Assert.Equal(JobStatus.InQueue, Assert.Single(await _bench.SweepAfterAsync(s_tick)).Status);

        Assert.Equal(id, Assert.Single(await _bench.TakeAsync("w2")).Id);
        Assert.Equal(1, (await _bench.Store.GetAsync(_bench.Deployment, id, default))!.Retries);
    }

    [EngineFact]
    public async Task Extend_KeepsTheLeaseAndNamesWhatIsNotTheWorkersToRun()
    {
        var mine = await _bench.SubmitAndTakeAsync("w1");
        var others = await _bench.SubmitAndTakeAsync("w2");
        var ended = await _bench.SubmitAndTakeAsync("w1");
        await _bench.FinishAsync(ended);
        var cancelled = await _bench.SubmitAndTakeAsync("w1");
        await _bench.Store.CancelAsync(_bench.Deployment, cancelled, default);
        var gone = JobId.Parse("never-was");
        _bench.Time.Advance(_bench.Limits.Lease / 2);

        var stops = await _bench.Store.ExtendAsync(_bench.Deployment, "w1", [mine, others, ended, cancelled, gone], default);

        Assert.Equal([others, cancelled, gone], stops);
        Assert.Equal(others, Assert.Single(await _bench.SweepAfterAsync(_bench.Limits.Lease / 2)).Id);
        Assert.Equal(JobStatus.InProgress, await _bench.StatusAsync(mine));
    }

    [EngineFact]
    public async Task Finish_OfALostWorker_CountsOnceAndEndsTheOtherRun()
    {
        var id = await _bench.SubmitAndTakeAsync("w1");
        await _bench.SweepAfterAsync(_bench.Limits.Lease);
        await _bench.TakeAsync("w2");

        var change = await _bench.FinishAsync(id, "1", worker: "w1");

        Assert.Equal((JobStatus.Completed, "w2"), (change!.Status, change.Holder));
        Assert.Null(await _bench.FinishAsync(id, "2", worker: "w2"));
    }

    [EngineFact]
    public async Task Finish_OfALostWorkerWhileTheJobWaitsAgain_EndsItBeforeItRunsTwice()
    {
        var id = await _bench.SubmitAndTakeAsync("w1");
        await _bench.SweepAfterAsync(_bench.Limits.Lease);

        Assert.Equal(JobStatus.Completed, (await _bench.FinishAsync(id))!.Status);
        Assert.Empty(await _bench.TakeAsync("w2"));
    }

    [EngineFact]
    public async Task Sweep_WhenAJobLostItsWorkerTooOften_FailsIt()
    {
        var id = await _bench.SubmitAsync();
        for (var run = 1; run <= _bench.Limits.MaxTries; run++)
        {
            Assert.Single(await _bench.TakeAsync($"w{run}"));
            await _bench.SweepAfterAsync(_bench.Limits.Lease);
        }

        var job = (await _bench.Store.GetAsync(_bench.Deployment, id, default))!;
        Assert.Equal((JobStatus.Failed, "job timed out after 2 retries", 2), (job.Status, job.Error, job.Retries));
    }

    [EngineFact]
    public async Task Release_GivesTheWorkersJobsBackAtOnce()
    {
        var id = await _bench.SubmitAndTakeAsync("w1");
        var other = await _bench.SubmitAndTakeAsync("w2");

        Assert.Equal(id, Assert.Single(await _bench.Store.ReleaseAsync(_bench.Deployment, "w1", default)).Id);

        Assert.Equal((JobStatus.InQueue, JobStatus.InProgress), (await _bench.StatusAsync(id), await _bench.StatusAsync(other)));
    }

    [EngineFact]
    public async Task Return_OfAnUndeliveredJob_CostsItNoTry()
    {
        var id = await _bench.SubmitAndTakeAsync();

        await _bench.Store.ReturnAsync(_bench.Deployment, "w1", [id], default);
        await _bench.TakeAsync("w2");

        Assert.Equal((0, "w2"), await _bench.Store.GetAsync(_bench.Deployment, id, default) is { } job ? (job.Retries, job.Worker) : default);
    }

    [EngineFact]
    public async Task Sweep_WhenAJobRunsTooLong_TimesItOutHoweverItsWorkerPings()
    {
        var id = await _bench.SubmitAndTakeAsync(terms: JobTerms.Default with { ExecutionTimeout = TimeSpan.FromSeconds(5) });
        _bench.Time.Advance(TimeSpan.FromSeconds(4));
        await _bench.Store.ExtendAsync(_bench.Deployment, "w1", [id], default);

        var change = Assert.Single(await _bench.SweepAfterAsync(TimeSpan.FromSeconds(1)));

        Assert.Equal((JobStatus.TimedOut, "w1"), (change.Status, change.Holder));
        Assert.Contains("5000 ms", (await _bench.Store.GetAsync(_bench.Deployment, id, default))!.Error, StringComparison.Ordinal);
        Assert.NotNull(await _bench.Store.RetryAsync(_bench.Deployment, id, default));
    }

    [EngineFact]
    public async Task Sweep_WhenAJobOutlivesItsTtl_LetsItVanish()
    {
        var terms = JobTerms.Default with { TimeToLive = TimeSpan.FromSeconds(10) };
        var running = await _bench.SubmitAndTakeAsync(terms: terms);
        var waiting = await _bench.SubmitAsync(terms: terms);
        _bench.Time.Advance(TimeSpan.FromSeconds(10));

        // Gone for readers and takers at once, whenever the sweep comes.
        Assert.Equal((null, null), (await _bench.StatusAsync(running), await _bench.StatusAsync(waiting)));
        Assert.Empty(await _bench.TakeAsync());
        var changes = await _bench.SweepAfterAsync(TimeSpan.Zero);
        Assert.Equal(new HashSet<(JobId, string?)> { (running, "w1"), (waiting, null) }, changes.Select(change => (change.Id, change.Holder)).ToHashSet());
        Assert.All(changes, change => Assert.Null(change.Status));
        Assert.Equal(new JobTotals(0, 0, 0, 0, 0), await _bench.Store.CountAsync(_bench.Deployment, default));
    }

    [EngineFact]
    public async Task Sweep_WhenAResultWasKeptLongEnough_RemovesIt()
    {
        var id = await _bench.SubmitAndTakeAsync();
        await _bench.FinishAsync(id);

        Assert.Empty(await _bench.SweepAfterAsync(_bench.Limits.ResultsKept - s_tick));
        Assert.Equal(JobStatus.Completed, await _bench.StatusAsync(id));
        Assert.Null(Assert.Single(await _bench.SweepAfterAsync(s_tick)).Holder);
        Assert.Null(await _bench.StatusAsync(id));
    }

    [EngineFact]
    public async Task End_OfAJobWithAWebhook_QueuesTheWholeJobInTheSameTransaction()
    {
        var id = await _bench.SubmitAndTakeAsync(webhook: _bench.Webhook);

        Assert.True((await _bench.FinishAsync(id, """{"x":1}"""))!.ToldByWebhook);

        var delivery = Assert.Single(await ClaimAsync());
        Assert.Equal(("acme", DeliveryPolicy.Runpod, _bench.Webhook, 1), (delivery.Tenant.Value, delivery.Policy, delivery.Url, delivery.Tries));
        Assert.DoesNotContain('.', delivery.Message);
        using var body = JsonDocument.Parse(delivery.Body);
        Assert.Equal(
            ["delayTime", "executionTime", "id", "input", "output", "status", "webhook", "workerId"],
            body.RootElement.EnumerateObject().Select(member => member.Name).Order(StringComparer.Ordinal));
        Assert.Equal("""{"a":1}""", body.RootElement.GetProperty("input").GetRawText());
    }

    [EngineFact]
    public async Task Delivery_IsClaimedOnceAndAgainOnlyWhenPutOffOrForgotten()
    {
        await _bench.FinishAsync(await _bench.SubmitAndTakeAsync(webhook: _bench.Webhook));
        var first = Assert.Single(await ClaimAsync());

        Assert.Empty(await ClaimAsync());
        await SettleAsync(first, 503);
        Assert.Empty(await ClaimAsync());
        _bench.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(2, Assert.Single(await ClaimAsync()).Tries);
        // Its sender died.
        _bench.Time.Advance(DeliveryQueue.Hold);
        var last = Assert.Single(await ClaimAsync());
        Assert.Equal((first.Message, 3), (last.Message, last.Tries));
        await SettleAsync(last, 200);
        _bench.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Empty(await ClaimAsync());
    }

    private async Task<List<Delivery>> ClaimAsync() =>
        [.. (await _bench.Deliveries.ClaimAsync(10, 10, default)).Where(delivery => delivery.Message.StartsWith(_bench.Deployment.Value, StringComparison.Ordinal))];

    private async Task SettleAsync(Delivery delivery, int status) => Assert.True(await _bench.Deliveries.SettleAsync(
        delivery, DeliveryRules.Judge(delivery.Policy, delivery.Tries, new TryResult(status), _bench.Time.GetUtcNow(), chance: 0), status, default));
}
