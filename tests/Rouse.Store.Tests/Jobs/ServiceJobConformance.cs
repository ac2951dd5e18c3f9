using System.Security.Cryptography;
using System.Text;
using Rouse.Core.Jobs;
using Rouse.Core.Tenancy;
using Rouse.Store.Jobs;
using Rouse.Store.Tests.Engines;

namespace Rouse.Store.Tests.Jobs;

public sealed class SqliteServiceJobTests(SqliteEngine engine) : ServiceJobConformance<SqliteEngine>(engine);

public sealed class PostgresServiceJobTests(PostgresEngine engine) : ServiceJobConformance<PostgresEngine>(engine);

/// <summary>Jobs of services: what is sent, how often, what came back, and how many may wait.</summary>
public abstract class ServiceJobConformance<TEngine> : IClassFixture<TEngine>
    where TEngine : Engine
{
    private const string Worker = "gateway-1";
    private readonly JobStoreBench _bench;
    private readonly ServiceJobStore _store;

    protected ServiceJobConformance(TEngine engine)
    {
        _bench = new JobStoreBench(engine.Database);
        _store = new ServiceJobStore(engine.Database, _bench.Time);
    }

    [EngineFact]
    public async Task OfManyAtOnce_ExactlyTheBoundIsQueued()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => Task.Run(async () => await SubmitAsync(maxWaiting: 7))));

        Assert.Equal((7, 33), (outcomes.Count(outcome => outcome.Outcome is Submission.Queued), outcomes.Count(outcome => outcome.Outcome is Submission.Full)));
        Assert.Equal(7, await _store.CountWaitingAsync(_bench.Deployment, default));
    }

    [EngineFact]
    public async Task ARequest_IsReadAsItWasQueued_AndGoesWithItsJob()
    {
        var request = new ServiceRequest("PUT", "/a?b=c", [new("content-type", "x/y"), new("x-a", "1:2"), new("x-a", "3")], new SpooledBody("file-1", 5, SHA256.HashData("hello"u8))) { IsRepeatable = true };
        var (id, _) = await SubmitAsync(request);
        var read = (await _store.LoadAsync(_bench.Deployment, id, default)).Request!;

        Assert.Equal((request.Method, request.Target, request.IsRepeatable), (read.Method, read.Target, read.IsRepeatable));
        Assert.Equal(request.Headers, read.Headers);
        Assert.Equal((request.Body!.Name, request.Body.Bytes, Convert.ToHexString(request.Body.Sha256)), (read.Body!.Name, read.Body.Bytes, Convert.ToHexString(read.Body.Sha256)));
        Assert.Equal(["file-1"], await _store.InUseAsync(["file-1", "file-2"], default));
        Assert.Equal(_bench.Deployment, await _store.FindAsync(TenantId.Parse("acme"), id, default));
        Assert.Null(await _store.FindAsync(TenantId.Parse("umbrella"), id, default));
        await _bench.Store.PurgeAsync(_bench.Deployment, default);
        Assert.Empty(await _store.InUseAsync(["file-1", "file-2"], default));
    }

    [EngineFact]
    public async Task BytesInTheSpool_AreCountedByTenant_AsLongAsTheyAreNeeded()
    {
        var request = new ServiceRequest("POST", "/a", [], new SpooledBody("file-a", 70, SHA256.HashData("a"u8)));
        var before = (await _store.SpooledAsync(default)).GetValueOrDefault(TenantId.Parse("acme"));
        var (id, _) = await SubmitAsync(request);
        Assert.Equal(before + 70, (await _store.SpooledAsync(default))[TenantId.Parse("acme")]);
        await _bench.Store.CancelAsync(_bench.Deployment, id, default);

        // A cancelled job cannot be retried.
        Assert.Equal(before, (await _store.SpooledAsync(default)).GetValueOrDefault(TenantId.Parse("acme")));
        Assert.Empty(await _store.InUseAsync(["file-a"], default));
    }

    [EngineFact]
    public async Task OnlyWhoHoldsAJob_MayBeginToSendIt()
    {
        var (id, _) = await SubmitAsync();
        var attempt = new RequestAttempt(1, _bench.Time.GetUtcNow(), null, null, null, null, "b1");
        Assert.False(await _store.BeginAsync(_bench.Deployment, id, Worker, attempt, default));
        await _bench.TakeAsync(Worker);
        Assert.True(await _store.BeginAsync(_bench.Deployment, id, Worker, attempt, default));
        Assert.False(await _store.BeginAsync(_bench.Deployment, id, "another", attempt with { Number = 2 }, default));
        Assert.Null(Assert.Single((await _store.LoadAsync(_bench.Deployment, id, default)).Attempts).Ended);
        Assert.Contains(_bench.Deployment, await _store.HeldByAsync(Worker, default));
    }

    [EngineFact]
    public async Task AnAttemptsEnd_AndItsAnswer_AreOne_AndAreWrittenOnce()
    {
        var (id, _) = await SubmitAsync();
        await _bench.TakeAsync(Worker);
        var attempt = new RequestAttempt(1, _bench.Time.GetUtcNow(), null, null, null, null, "b1");
        await _store.BeginAsync(_bench.Deployment, id, Worker, attempt, default);
        var ended = attempt with { Ended = _bench.Time.GetUtcNow(), Outcome = AttemptEnd.ServerError, Status = 503, Error = "The service answered 503." };
        await _store.EndAsync(_bench.Deployment, id, ended, new KeptReply(503, [new("retry-after", "1")], Body: null), default);
        await _store.EndAsync(_bench.Deployment, id, ended with { Outcome = AttemptEnd.Answered, Status = 200, Error = null }, new KeptReply(200, [], Body: null), default);
        var known = await _store.LoadAsync(_bench.Deployment, id, default);

        Assert.Equal(ended, Assert.Single(known.Attempts));
        Assert.Equal((503, "1"), (known.Reply!.Status, Assert.Single(known.Reply.Headers).Value));
        Assert.Equal("The service answered 503.", await _store.LastErrorAsync(_bench.Deployment, default));
    }

    [EngineFact]
    public async Task APosition_FollowsTheQueue()
    {
        var (first, second) = ((await SubmitAsync()).Id, (await SubmitAsync()).Id);
        Assert.Equal((1, 2), (await _store.PositionAsync(_bench.Deployment, first, default), await _store.PositionAsync(_bench.Deployment, second, default)));
        await _bench.TakeAsync(Worker);
        Assert.Equal((0, 1), (await _store.PositionAsync(_bench.Deployment, first, default), await _store.PositionAsync(_bench.Deployment, second, default)));
        Assert.Equal([_bench.Deployment], await _store.WithWaitingAsync([_bench.Deployment], default));
    }

    private async Task<(JobId Id, Submission Outcome)> SubmitAsync(ServiceRequest? request = null, int? maxWaiting = null)
    {
        var id = JobId.New(_bench.Time.GetUtcNow(), RandomNumberGenerator.GetBytes(JobId.RandomBytes), sync: false);
        var job = new NewJob(TenantId.Parse("acme"), _bench.Deployment, id, Encoding.UTF8.GetBytes("""{"a":1}"""), null, null, JobTerms.Default)
        {
            Request = request ?? new ServiceRequest("POST", "/", [], Body: null), MaxWaiting = maxWaiting,
        };
        return (id, await _bench.Store.SubmitAsync(job, default));
    }
}
