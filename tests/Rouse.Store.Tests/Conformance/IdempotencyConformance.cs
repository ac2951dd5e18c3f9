using System.Security.Cryptography;
using System.Text;
using Rouse.Store.Deployments;
using Rouse.Store.Idempotency;
using Rouse.Store.Secrets;
using Rouse.Store.Tests.Engines;
using static Rouse.Store.Tests.Engines.StoreWorld;

namespace Rouse.Store.Tests.Conformance;

public sealed class SqliteIdempotencyTests(SqliteEngine engine) : IdempotencyConformance<SqliteEngine>(engine);

public sealed class PostgresIdempotencyTests(PostgresEngine engine) : IdempotencyConformance<PostgresEngine>(engine);

public abstract class IdempotencyConformance<TEngine>(TEngine engine) : IClassFixture<TEngine>
    where TEngine : Engine
{
    private readonly StoreWorld _world = new(engine.Database);

    private IdempotencyStore Keys => new(engine.Database, _world.Time);

    [EngineFact]
    public async Task Insert_WhenOneKeyIsSentManyTimesAtOnce_MakesOneDeployment()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(async () => await _world.Deployments.InsertAsync(
            _world.Tenant,
            new NewDeployment
            {
                Id = NewId(), Spec = Spec(), CreatedAt = _world.Time.GetUtcNow(), Reply = new RecordedReply(Key("k"), 202, $"body {i}"),
            },
            None))));

        Assert.Single(outcomes.OfType<IdempotencyOutcome.Fresh>());
        Assert.Single(outcomes.OfType<IdempotencyOutcome.Replay>().Distinct());
        Assert.Equal(15, outcomes.OfType<IdempotencyOutcome.Replay>().Count());
        Assert.Equal(1, (await _world.Deployments.ListAsync(_world.Tenant, new DeploymentQuery(null, 10), None)).Total);
    }

    [EngineFact]
    public async Task Key_WhenUsedForAnotherRequest_IsAConflictAndNothingIsWritten()
    {
        await _world.InsertAsync(reply: new RecordedReply(Key("k"), 202, "first"));
        var other = new NewDeployment
        {
            Id = NewId(),
            Spec = Spec(),
            CreatedAt = _world.Time.GetUtcNow(),
            Reply = new RecordedReply(Key("k", "another body"), 202, "second"),
            Secrets = [new SealedSecret("hf_token", "k1", [1])],
        };

        Assert.IsType<IdempotencyOutcome.Conflict>(await _world.Deployments.InsertAsync(_world.Tenant, other, None));

        Assert.Null(await _world.Deployments.GetAsync(_world.Tenant, other.Id, None));
        Assert.Null(await new SecretStore(engine.Database, _world.Time).GetAsync(_world.Tenant, other.Id.Value, "hf_token", None));
        Assert.IsType<IdempotencyOutcome.Conflict>(await Keys.FindAsync(_world.Tenant, other.Reply.Key, None));
    }

    [EngineFact]
    public async Task Key_WhenADayHasPassed_IsFreeAgain()
    {
        await _world.InsertAsync(reply: new RecordedReply(Key("k"), 202, "first"));
        _world.Time.Advance(IdempotencyStore.Retention - TimeSpan.FromMilliseconds(1));
        Assert.Equal(new IdempotencyOutcome.Replay(202, "first"), await Keys.FindAsync(_world.Tenant, Key("k"), None));

        _world.Time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.IsType<IdempotencyOutcome.Fresh>(await Keys.FindAsync(_world.Tenant, Key("k", "another body"), None));
        await _world.InsertAsync(reply: new RecordedReply(Key("k", "another body"), 202, "second"));
        _world.Time.Advance(IdempotencyStore.Retention);
        Assert.True(await Keys.PruneAsync(None) >= 1);
    }

    [EngineFact]
    public async Task Claim_WhileTheFirstRuns_SaysSoAndThenReplaysItsReply()
    {
        Assert.IsType<IdempotencyOutcome.Fresh>(await Keys.BeginAsync(_world.Tenant, Key("slow"), None));
        Assert.IsType<IdempotencyOutcome.InProgress>(await Keys.BeginAsync(_world.Tenant, Key("slow"), None));
        Assert.IsType<IdempotencyOutcome.Conflict>(await Keys.BeginAsync(_world.Tenant, Key("slow", "another body"), None));

        await Keys.CompleteAsync(_world.Tenant, new RecordedReply(Key("slow"), 500, "the first answer, whatever it was"), None);

        Assert.Equal(
            new IdempotencyOutcome.Replay(500, "the first answer, whatever it was"),
            await Keys.BeginAsync(_world.Tenant, Key("slow"), None));
    }

    [EngineFact]
    public async Task Claim_WhenItsOwnerDiedOrGaveUp_IsFreeAgain()
    {
        await Keys.BeginAsync(_world.Tenant, Key("died"), None);
        await Keys.BeginAsync(_world.Tenant, Key("gave-up"), None);
        await Keys.AbandonAsync(_world.Tenant, Key("gave-up"), None);
        Assert.IsType<IdempotencyOutcome.Fresh>(await Keys.BeginAsync(_world.Tenant, Key("gave-up"), None));

        _world.Time.Advance(IdempotencyStore.ClaimLength);

        Assert.IsType<IdempotencyOutcome.Fresh>(await Keys.BeginAsync(_world.Tenant, Key("died"), None));
    }

    private static IdempotencyKey Key(string key, string body = "body") =>
        new("POST /v1/deployments", key, SHA256.HashData(Encoding.UTF8.GetBytes(body)));
}
