using System.Security.Cryptography;
using System.Text;
using Rouse.Core.Jobs;
using Rouse.Core.Tenancy;
using Rouse.Store.Idempotency;
using Rouse.Store.Tests.Engines;

namespace Rouse.Store.Tests.Jobs;

public sealed class SqliteJobKeyTests(SqliteEngine engine) : JobKeyConformance<SqliteEngine>(engine);

public sealed class PostgresJobKeyTests(PostgresEngine engine) : JobKeyConformance<PostgresEngine>(engine);

public abstract class JobKeyConformance<TEngine>(TEngine engine) : IClassFixture<TEngine>
    where TEngine : Engine
{
    private readonly JobStoreBench _bench = new(engine.Database);

    [EngineFact]
    public async Task Submit_WhenOneKeyIsSentManyTimesAtOnce_MakesOneJob()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => SubmitAsync("k"))));

        var first = Assert.Single(outcomes, o => o.Outcome is Submission.Queued).Job;
        Assert.Equal(15, outcomes.Count(o => o.Outcome == new Submission.Repeats(first)));
        Assert.Equal(first, Assert.Single(await _bench.TakeAsync(most: 100)).Id);
    }

    [EngineFact]
    public async Task Submit_WithAnotherBody_QueuesNothing()
    {
        var (first, _) = await SubmitAsync("k");

        Assert.IsType<Submission.OtherBody>((await SubmitAsync("k", "another body")).Outcome);

        Assert.Equal(first, Assert.Single(await _bench.TakeAsync(most: 100)).Id);
        Assert.IsType<Submission.OtherBody>(await _bench.Store.FindAsync(TenantId.Parse("acme"), Key("k", "another body"), default));
    }

    [EngineFact]
    public async Task Key_MeansItsJobForADay_AndNothingToAnotherTenant()
    {
        Assert.Null(await _bench.Store.FindAsync(TenantId.Parse("acme"), Key("k"), default));
        var (first, _) = await SubmitAsync("k");

        _bench.Time.Advance(IdempotencyStore.Retention - TimeSpan.FromMilliseconds(1));
        Assert.Equal(new Submission.Repeats(first), await _bench.Store.FindAsync(TenantId.Parse("acme"), Key("k"), default));
        Assert.Null(await _bench.Store.FindAsync(TenantId.Parse("umbrella"), Key("k"), default));

        _bench.Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.IsType<Submission.Queued>((await SubmitAsync("k", "another body")).Outcome);
    }

    private async Task<(JobId Job, Submission Outcome)> SubmitAsync(string key, string body = "body")
    {
        var id = JobId.New(_bench.Time.GetUtcNow(), RandomNumberGenerator.GetBytes(JobId.RandomBytes), sync: false);
        var job = new NewJob(TenantId.Parse("acme"), _bench.Deployment, id, "{}"u8.ToArray(), null, null, JobTerms.Default) { Key = Key(key, body) };
        return (id, await _bench.Store.SubmitAsync(job, default));
    }

    private JobKey Key(string key, string body = "body") => new($"POST /v2/{_bench.Deployment}/run", key, SHA256.HashData(Encoding.UTF8.GetBytes(body)));
}
