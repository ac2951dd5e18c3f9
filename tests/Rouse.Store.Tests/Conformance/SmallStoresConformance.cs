using Rouse.Core.Tenancy;
using Rouse.Store.Ownership;
using Rouse.Store.Secrets;
using Rouse.Store.Tests.Engines;
using static Rouse.Store.Tests.Engines.StoreWorld;

namespace Rouse.Store.Tests.Conformance;

public sealed class SqliteSmallStoresTests(SqliteEngine engine) : SmallStoresConformance<SqliteEngine>(engine);

public sealed class PostgresSmallStoresTests(PostgresEngine engine) : SmallStoresConformance<PostgresEngine>(engine);

public abstract class SmallStoresConformance<TEngine>(TEngine engine) : IClassFixture<TEngine>
    where TEngine : Engine
{
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);
    private readonly StoreWorld _world = new(engine.Database);

    private LeaseStore Leases => new(engine.Database, _world.Time);

    private SecretStore Secrets => new(engine.Database, _world.Time);

    [EngineFact]
    public async Task Lease_WhenTheOwnerChanges_FencesTheFormerOneOff()
    {
        var first = (await Leases.TryAcquireAsync("sweep", "a", s_minute, None))!;
        var renewed = (await Leases.TryAcquireAsync("sweep", "a", s_minute, None))!;
        Assert.Equal(first.Fence, renewed.Fence);
        Assert.Null(await Leases.TryAcquireAsync("sweep", "b", s_minute, None));

        _world.Time.Advance(s_minute);
        var second = (await Leases.TryAcquireAsync("sweep", "b", s_minute, None))!;

        Assert.True(second.Fence > first.Fence);
        Assert.False(await HoldsAsync(first));
        Assert.True(await HoldsAsync(second));
        await Leases.ReleaseAsync("sweep", "b", None);
        Assert.True((await Leases.TryAcquireAsync("sweep", "a", s_minute, None))!.Fence > second.Fence);
    }

    [EngineFact]
    public async Task Lease_WhenManyTryAtOnce_HasOneOwner()
    {
        var taken = await Task.WhenAll(
            Enumerable.Range(0, 16).Select(i => Task.Run(async () => await Leases.TryAcquireAsync("one", $"owner-{i}", s_minute, None))));

        Assert.Single(taken, lease => lease is not null);
    }

    [EngineFact]
    public async Task Inbox_WhenAnEventComesTwice_TakesItOnce()
    {
        var inbox = new Inbox(engine.Database, _world.Time);
        var taken = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(async () => await inbox.TryAddAsync("hook", "event-1", None))));
        Assert.Single(taken, true);
        Assert.True(await inbox.TryAddAsync("other hook", "event-1", None));

        _world.Time.Advance(Inbox.Retention + s_minute);

        Assert.Equal(2, await inbox.PruneAsync(None));
        Assert.True(await inbox.TryAddAsync("hook", "event-1", None));
    }

    [EngineFact]
    public async Task Secret_WhenReplaced_IsTheNewOneAndItsOwnersAlone()
    {
        await Secrets.PutAsync(_world.Tenant, "dep", new SealedSecret("hf_token", "k1", [1, 0, 255]), None);
        await Secrets.PutAsync(_world.Tenant, "dep", new SealedSecret("hf_token", "k2", []), None);
        await Secrets.PutAsync(_world.Tenant, "dep", new SealedSecret("api_key", "k2", [7]), None);

        var read = (await Secrets.GetAsync(_world.Tenant, "dep", "hf_token", None))!;
        Assert.Equal("k2", read.KeyId);
        Assert.Empty(read.Ciphertext);
        Assert.Equal([7], (await Secrets.GetAsync(_world.Tenant, "dep", "api_key", None))!.Ciphertext);
        Assert.Null(await Secrets.GetAsync(TenantId.Parse("somebody-else"), "dep", "hf_token", None));

        await Secrets.DeleteAsync(_world.Tenant, "dep", None);
        Assert.Null(await Secrets.GetAsync(_world.Tenant, "dep", "api_key", None));
    }

    [EngineFact]
    public async Task Setting_WhenManyCreateIt_IsOneForAll()
    {
        var settings = new SettingStore(engine.Database);
        var values = await Task.WhenAll(
            Enumerable.Range(0, 16).Select(i => Task.Run(async () => await settings.GetOrCreateAsync("installation", $"value-{i}", None))));
        Assert.Single(values.Distinct(StringComparer.Ordinal));

        await settings.SetAsync("installation", "another", None);

        Assert.Equal("another", await settings.GetOrCreateAsync("installation", "late", None));
        Assert.Null(await settings.GetAsync("absent", None));
    }

    private async Task<bool> HoldsAsync(Lease lease) =>
        await engine.Database.WriteAsync(connection => LeaseStore.HoldsAsync(connection, engine.Database.Dialect, lease));
}
