using System.Security.Cryptography;
using Rouse.Core.Tenancy;
using Rouse.Store.Idempotency;
using Rouse.Store.Tenants;
using Rouse.Store.Tests.Engines;
using static Rouse.Store.Tests.Engines.StoreWorld;

namespace Rouse.Store.Tests.Conformance;

public sealed class SqliteTenantTests(SqliteEngine engine) : TenantConformance<SqliteEngine>(engine);

public sealed class PostgresTenantTests(PostgresEngine engine) : TenantConformance<PostgresEngine>(engine);

public abstract class TenantConformance<TEngine>(TEngine engine) : IClassFixture<TEngine>
    where TEngine : Engine
{
    private readonly StoreWorld _world = new(engine.Database);

    private TenantStore Tenants => new(engine.Database, _world.Time);

    private ApiKeyStore Keys => new(engine.Database, _world.Time);

    private IdentityStore Identities => new(engine.Database, _world.Time);

    [EngineFact]
    public async Task Tenant_StaysAsItIs_WhoeverEnsuresItAgain()
    {
        Assert.True(await Tenants.EnsureAsync(_world.Tenant, TenantKind.Operator, None));
        Assert.True(await Tenants.SetDisabledAsync(_world.Tenant, disabled: true, None));
        var since = (await Tenants.GetAsync(_world.Tenant, None))!.DisabledAt;
        _world.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.True(await Tenants.EnsureAsync(_world.Tenant, TenantKind.Guest, None));
        Assert.True(await Tenants.SetDisabledAsync(_world.Tenant, disabled: true, None));
        var tenant = (await Tenants.GetAsync(_world.Tenant, None))!;
        Assert.Equal((TenantKind.Operator, since), (tenant.Kind, tenant.DisabledAt));
        Assert.True(await Tenants.SetDisabledAsync(_world.Tenant, disabled: false, None));
        Assert.Null((await Tenants.GetAsync(_world.Tenant, None))!.DisabledAt);
        Assert.False(await Tenants.SetDisabledAsync(TenantId.Parse("nobody"), disabled: true, None));
    }

    [EngineFact]
    public async Task Tenant_WithTheShortNameOfAnother_CannotBe()
    {
        // Found by trying names: their SHA-256 begins with the same four bytes.
        var (one, two) = (TenantId.Parse("t26821"), TenantId.Parse("t49091"));
        Assert.Equal(one.Hash8, two.Hash8);
        Assert.True(await Tenants.EnsureAsync(one, TenantKind.Operator, None));
        Assert.False(await Tenants.EnsureAsync(two, TenantKind.Operator, None));
        Assert.Null(await Tenants.GetAsync(two, None));
    }

    [EngineFact]
    public async Task List_CountsLivingDeployments_PageByPage()
    {
        await Tenants.EnsureAsync(_world.Tenant, TenantKind.Operator, None);
        await _world.InsertAsync();
        await _world.AdvanceAsync(await _world.InsertAsync(), Core.Deployments.Phase.Deleting, attempt: 0);
        List<TenantSummary> all = [];
        while (await Tenants.ListAsync(all.LastOrDefault()?.Tenant.Id.Value, 2, None) is { Count: > 0 } page) all.AddRange(page);
        Assert.Equal(1, all.Single(summary => summary.Tenant.Id == _world.Tenant).Living);
        Assert.Equal(all.Select(summary => summary.Tenant.Id.Value).Distinct(StringComparer.Ordinal).Count(), all.Count);
    }

    [EngineFact]
    public async Task Key_IsFoundUntilTheEnd_ListedAndRevokedByItsTenantAlone()
    {
        await Tenants.EnsureAsync(_world.Tenant, TenantKind.Operator, None);
        var key = NewKey() with { ExpiresAt = _world.Time.GetUtcNow().AddDays(1) };
        Assert.NotNull(await Keys.TryInsertAsync(key, 10, None));
        var found = (await Keys.FindAsync(key.Id, None))!;
        Assert.Equal(key.Digest, found.Digest);
        Assert.Equal(key with { Digest = found.Digest }, found);
        Assert.False(await Keys.RevokeAsync(TenantId.Parse("somebody-else"), key.Id, None));
        Assert.Null((await Keys.FindAsync(key.Id, None))!.RevokedAt);
        await Keys.TouchAsync(_world.Tenant, key.Id, None);
        Assert.True(await Keys.RevokeAsync(_world.Tenant, key.Id, None));
        var listed = Assert.Single(await Keys.ListAsync(_world.Tenant, 10, None));
        Assert.NotNull(listed.RevokedAt);
        Assert.NotNull(listed.UsedAt);
        Assert.Empty(await Keys.ListAsync(TenantId.Parse("somebody-else"), 10, None));
    }

    [EngineFact]
    public async Task Keys_MadeAtOnce_AreNoMoreThanAllowed()
    {
        await Tenants.EnsureAsync(_world.Tenant, TenantKind.Operator, None);
        var made = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(async () => await Keys.TryInsertAsync(NewKey(), 5, None))));
        Assert.Equal(5, made.Count(done => done is not null));
        await Keys.RevokeAsync(_world.Tenant, (await Keys.ListAsync(_world.Tenant, 1, None))[0].Id, None);
        Assert.NotNull(await Keys.TryInsertAsync(NewKey(), 5, None));
    }

    [EngineFact]
    public async Task AKeyAskedForManyTimesAtOnce_IsMadeOnce_AndItsReplyIsKnown()
    {
        await Tenants.EnsureAsync(_world.Tenant, TenantKind.Operator, None);
        var asked = new IdempotencyKey("POST /v1/keys", Guid(), RandomNumberGenerator.GetBytes(32));
        var made = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(async () =>
            (i, Outcome: await Keys.TryInsertAsync(NewKey(), 5, None, _world.Tenant, new RecordedReply(asked, 201, $"sealed {i}"))))));
        var winner = Assert.Single(made, one => one.Outcome is IdempotencyOutcome.Fresh);
        Assert.All(made.Where(one => one != winner), one => Assert.Equal(new IdempotencyOutcome.Replay(201, $"sealed {winner.i}"), one.Outcome));
        Assert.Single(await Keys.ListAsync(_world.Tenant, 10, None));
        Assert.IsType<IdempotencyOutcome.Conflict>(await Keys.TryInsertAsync(NewKey(), 5, None, _world.Tenant, new RecordedReply(asked with { Fingerprint = new byte[32] }, 201, "another")));
        Assert.Single(await Keys.ListAsync(_world.Tenant, 10, None));
    }

    [EngineFact]
    public async Task NewIdentity_BroughtManyTimesAtOnce_IsOneTenants()
    {
        var (account, digest) = ("account-" + Guid(), RandomNumberGenerator.GetBytes(32));
        var added = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(async () =>
            await Identities.AddAsync(NewIdentity(TenantId.Parse("rp_" + Guid()), account) with { Digest = digest }, TenantKind.Guest, None))));
        Assert.Single(added.Select(identity => identity!.Tenant).Distinct());
        Assert.Single(added.Select(identity => identity!.Id).Distinct(StringComparer.Ordinal));
        var tenant = (await Tenants.GetAsync(added[0]!.Tenant, None))!;
        Assert.Equal((TenantKind.Guest, account), (tenant.Kind, tenant.Home));
    }

    [EngineFact]
    public async Task SecondKeyOfAnAccount_IsTheSameTenant_AndStaysRevokedAlone()
    {
        var account = "account-" + Guid();
        var first = (await Identities.AddAsync(NewIdentity(TenantId.Parse("rp_" + Guid()), account), TenantKind.Guest, None))!;
        var second = (await Identities.AddAsync(NewIdentity(TenantId.Parse("rp_" + Guid()), account), TenantKind.Guest, None))!;
        Assert.Equal(first.Tenant, second.Tenant);
        Assert.NotEqual(first.Id, second.Id);
        Assert.True(await Identities.RevokeAsync(first.Tenant, first.Id, None));
        Assert.NotNull((await Identities.FindAsync(first.Digest, None))!.RevokedAt);
        Assert.Null((await Identities.FindAsync(second.Digest, None))!.RevokedAt);
        await Identities.RestoreAsync(first.Tenant, first.Id, None);
        Assert.Null((await Identities.FindAsync(first.Digest, None))!.RevokedAt);
        Assert.Equal(2, (await Identities.ListAsync(first.Tenant, 10, None)).Count);
    }

    private static string Guid() => Core.Ids.Encode(RandomNumberGenerator.GetBytes(16));

    private ApiKeyRecord NewKey() => new("key_" + Guid(), _world.Tenant, "ci", "read run", RandomNumberGenerator.GetBytes(32), "wxyz", _world.Time.GetUtcNow());

    private IdentityRecord NewIdentity(TenantId tenant, string account) =>
        new("rpk_" + Guid(), "runpod", tenant, account, "key", RandomNumberGenerator.GetBytes(32), "", _world.Time.GetUtcNow());
}
