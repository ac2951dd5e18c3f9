using Rouse.Core.Jobs;
using Rouse.Core.Ports;
using Rouse.Store.Jobs;
using Rouse.Store.Tests.Engines;

namespace Rouse.Store.Tests.Jobs;

public sealed class SqliteRelayTests(SqliteEngine engine) : RelayConformance<SqliteEngine>(engine);

public sealed class PostgresRelayTests(PostgresEngine engine) : RelayConformance<PostgresEngine>(engine);

/// <summary>Jobs that are handed on to a provider's own queue.</summary>
public abstract class RelayConformance<TEngine> : IClassFixture<TEngine>
    where TEngine : Engine
{
    private const string Relay = "relay-1-ep";
    private readonly JobStoreBench _bench;
    private readonly RelayStore _relayed;

    protected RelayConformance(TEngine engine)
    {
        _bench = new JobStoreBench(engine.Database);
        _relayed = new RelayStore(engine.Database, _bench.Time);
    }

    [EngineFact]
    public async Task AJobAtAProvider_WaitsUntilAWorkerHasIt()
    {
        var id = await TakenAsync();
        Assert.Equal(JobStatus.InQueue, await _bench.StatusAsync(id));
        Assert.Equal((1L, 0L), await CountsAsync());

        await _bench.Store.BeginAsync(_bench.Deployment, Relay, id, default);

        Assert.Equal(JobStatus.InProgress, await _bench.StatusAsync(id));
        Assert.Equal((0L, 1L), await CountsAsync());
    }

    [EngineFact]
    public async Task ATake_SaysWhatIsLeftOfTheJobsTime()
    {
        await _bench.SubmitAsync(terms: new JobTerms(TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(100), LowPriority: true));
        _bench.Time.Advance(TimeSpan.FromSeconds(30));

        var job = Assert.Single(await _bench.Store.TakeToRelayAsync(_bench.Deployment, Relay, 1, default));

        Assert.Equal((TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(70), true), (job.ExecutionTimeout, job.Left, job.LowPriority));
    }

    [EngineFact]
    public async Task TheExecutionTimeout_IsTheProvidersToKeep()
    {
        var id = await TakenAsync(new JobTerms(TimeSpan.FromSeconds(5), TimeSpan.FromDays(1), LowPriority: false));
        await _bench.Store.BeginAsync(_bench.Deployment, Relay, id, default);
        for (var i = 0; i < 4; i++)
        {
            Assert.Empty(await _bench.SweepAfterAsync(_bench.Limits.Lease / 2));
            Assert.Empty(await _bench.Store.ExtendAsync(_bench.Deployment, Relay, [id], default));
        }

        Assert.Equal(JobStatus.InQueue, Assert.Single(await _bench.SweepAfterAsync(_bench.Limits.Lease)).Status);
    }

    [EngineFact]
    public async Task AnId_IsKeptForTheTakeItBelongsTo()
    {
        var id = await TakenAsync();
        Assert.True(await RecordAsync(id, "a"));
        Assert.True(Assert.Single(await ListAsync()).IsHeld);

        await _bench.Store.LoseAsync(_bench.Deployment, Relay, id, default);
        Assert.False(Assert.Single(await ListAsync()).IsHeld);

        Assert.Equal(id, Assert.Single(await _bench.Store.TakeToRelayAsync(_bench.Deployment, Relay, 1, default)).Id);
        Assert.False(Assert.Single(await ListAsync()).IsHeld);

        Assert.True(await RecordAsync(id, "b"));
        await _relayed.RemoveAsync(Row(id, "a"), default);
        var held = Assert.Single(await ListAsync());
        Assert.Equal((Row(id, "b"), false), (held, held.Began));

        await _relayed.RemoveAsync(Row(id, "b"), default);
        Assert.Empty(await ListAsync());
    }

    [EngineFact]
    public async Task AnId_IsNotKeptForAJobThatHasEnded()
    {
        var id = await TakenAsync();
        await _bench.Store.CancelAsync(_bench.Deployment, id, default);

        Assert.False(await RecordAsync(id, "a"));
        Assert.Empty(await ListAsync());
    }

    [EngineFact]
    public async Task AJobThatEndedHere_IsListedToBeCancelledThere()
    {
        var id = await TakenAsync();
        await RecordAsync(id, "a");
        await _bench.Store.CancelAsync(_bench.Deployment, id, default);

        Assert.False(Assert.Single(await ListAsync()).IsHeld);
    }

    [EngineFact]
    public async Task ALostJob_CountsATryAndOnlyThatJob()
    {
        var other = await TakenAsync();
        var id = await TakenAsync();
        for (var tries = 1; tries < _bench.Limits.MaxTries; tries++)
        {
            Assert.Equal(JobStatus.InQueue, Assert.Single(await _bench.Store.LoseAsync(_bench.Deployment, Relay, id, default)).Status);
            Assert.Equal(id, Assert.Single(await _bench.Store.TakeToRelayAsync(_bench.Deployment, Relay, 1, default)).Id);
        }

        Assert.Equal(JobStatus.Failed, Assert.Single(await _bench.Store.LoseAsync(_bench.Deployment, Relay, id, default)).Status);
        Assert.Empty(await _bench.Store.ExtendAsync(_bench.Deployment, Relay, [other], default));
    }

    [EngineFact]
    public async Task AnEnd_IsToldAsTheProviderSaysIt()
    {
        var id = await TakenAsync();
        _bench.Time.Advance(TimeSpan.FromMinutes(3));
        await _bench.Store.ExtendAsync(_bench.Deployment, Relay, [id], default);
        var result = new JobResult(Relay, Output: null, "too slow") { EndsAs = JobStatus.TimedOut, Execution = TimeSpan.FromSeconds(20) };

        Assert.Equal(JobStatus.TimedOut, (await _bench.Store.FinishAsync(_bench.Deployment, id, result, default))!.Status);

        var job = (await _bench.Store.GetAsync(_bench.Deployment, id, default))!;
        Assert.Equal((TimeSpan.FromSeconds(160), TimeSpan.FromSeconds(20), "too slow"), (job.TakenAt - job.QueuedAt, job.EndedAt - job.TakenAt, job.Error));
    }

    [EngineFact]
    public async Task Purge_RemovesWhatWaitsAtAProviderAndSaysWhoHoldsIt()
    {
        var id = await TakenAsync();
        var began = await TakenAsync();
        await _bench.Store.BeginAsync(_bench.Deployment, Relay, began, default);
        await RecordAsync(id, "a");

        var purged = Assert.Single(await _bench.Store.PurgeAsync(_bench.Deployment, default));

        Assert.Equal((id, Relay), (purged.Id, purged.Holder));
        Assert.Empty(await ListAsync());
    }

    private async Task<JobId> TakenAsync(JobTerms? terms = null)
    {
        var id = await _bench.SubmitAsync(terms: terms);
        Assert.Equal(id, Assert.Single(await _bench.Store.TakeToRelayAsync(_bench.Deployment, Relay, 1, default)).Id);
        return id;
    }

    private async Task<bool> RecordAsync(JobId id, string providerJob) => await _relayed.RecordAsync(Row(id, providerJob), default);

    private RelayedJob Row(JobId id, string providerJob) =>
        new(_bench.Deployment, id, Relay, 1, new BackendId("ep"), new ProviderJobId(providerJob), _bench.Time.GetUtcNow());

    private async Task<IReadOnlyList<RelayedJob>> ListAsync() => [.. (await _relayed.ListAsync(default)).Where(job => job.Deployment == _bench.Deployment)];

    private async Task<(long Queued, long Running)> CountsAsync()
    {
        var totals = await _bench.Store.CountAsync(_bench.Deployment, default);
        return (totals.InQueue, totals.InProgress);
    }
}
