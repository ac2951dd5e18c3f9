using Rouse.Core.Caching;
using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;
using Rouse.Store.Caching;
using Rouse.Store.Deployments;
using Rouse.Store.Ownership;
using Rouse.Store.Tests.Engines;
using static Rouse.Store.Tests.Engines.StoreWorld;

namespace Rouse.Store.Tests.Conformance;

public sealed class SqliteCacheTests(SqliteEngine engine) : CacheConformance<SqliteEngine>(engine);

public sealed class PostgresCacheTests(PostgresEngine engine) : CacheConformance<PostgresEngine>(engine);

/// <summary>What lies in object stores: one entry for each place, written by whoever holds its lease.</summary>
public abstract class CacheConformance<TEngine>(TEngine engine) : IClassFixture<TEngine>
    where TEngine : Engine
{
    private static readonly string s_commit = new('a', 40);
    private static int s_places;

    private readonly StoreWorld _world = new(engine.Database);
    private CacheStore Store => new(engine.Database, _world.Time);

    private LeaseStore Leases => new(engine.Database, _world.Time);

    [EngineFact]
    public async Task AWish_IsReadBackAsItWasMade_AndAskingAgainChangesNothing()
    {
        var wish = await WishAsync();
        var first = await WantAsync(wish);
        Assert.Equal((CacheState.Wanted, wish, 0), (first.State, first.Wish, first.Tries));
        await Store.WantAsync(NewKey(), wish, None);
        Assert.Equal(first, await FindAsync(wish));
        Assert.Contains(await Store.ListDueAsync(1000, None), due => due.Id == first.Id);
    }

    [EngineFact]
    public async Task ManyWhoAskAtOnce_GetOneEntry()
    {
        var wish = await WishAsync();
        await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ => await Store.WantAsync(NewKey(), wish, None)));
        Assert.Single(await Store.OfDeploymentAsync(_world.Tenant, wish.Deployment!.Value, None));
    }

    [EngineFact]
    public async Task AFill_IsNotedFileByFile_AndIsWholeAtItsEnd()
    {
        var wish = await WishAsync();
        var entry = await WantAsync(wish);
        var lease = await LeaseAsync(entry, "one");
        Assert.True(await Store.SaveFileAsync(lease, entry.Id, new CacheFile("b/w", 5_000_000_000, "e", "s"), None));
        Assert.True(await Store.SaveFileAsync(lease, entry.Id, new CacheFile("a", 2, "e", "s"), None));
        Assert.True(await Store.SaveFileAsync(lease, entry.Id, new CacheFile("a", 3, "f", "t"), None));
        Assert.Equal([new CacheFile("a", 3, "f", "t"), new CacheFile("b/w", 5_000_000_000, "e", "s")], await Store.ListFilesAsync(entry.Id, None));
        Assert.True(await Store.CompleteAsync(lease, entry.Id, "digest", None));
        await Store.CountAsync(entry.Id, 3, 1, None);
        await Store.CountAsync(entry.Id, 2, 0, None);
        var whole = await FindAsync(wish);
        Assert.Equal((CacheState.Complete, "digest", 2, 5_000_000_003, 5L, 1L), (whole!.State, whole.Manifest, whole.Files, whole.Bytes, whole.Writes, whole.Reads));
        Assert.Equal(_world.Time.GetUtcNow().ToUnixTimeMilliseconds(), whole.StoredAt!.Value.ToUnixTimeMilliseconds());
        Assert.DoesNotContain(await Store.ListDueAsync(1000, None), due => due.Id == entry.Id);
    }

    [EngineFact]
    public async Task AWriterWhoseLeaseAnotherTook_WritesNothingMore()
    {
        var wish = await WishAsync();
        var entry = await WantAsync(wish);
        var paused = await LeaseAsync(entry, "paused");
        _world.Time.Advance(TimeSpan.FromMinutes(2));
        var lease = await LeaseAsync(entry, "other");
        Assert.False(await Store.SaveFileAsync(paused, entry.Id, new CacheFile("a", 1, "e", "s"), None));
        Assert.False(await Store.CompleteAsync(paused, entry.Id, "stale", None));
        Assert.False(await Store.PostponeAsync(paused, entry.Id, "stale", again: null, None));
        Assert.Equal(CacheState.Wanted, (await FindAsync(wish))!.State);
        Assert.True(await Store.CompleteAsync(lease, entry.Id, "good", None));
        Assert.Equal("good", (await FindAsync(wish))!.Manifest);
    }

    [EngineFact]
    public async Task AFillThatFailed_WaitsForItsTime_AndIsGivenUpUntilAskedForAgain()
    {
        var wish = await WishAsync();
        var entry = await WantAsync(wish);
        var lease = await LeaseAsync(entry, "one");
        Assert.True(await Store.PostponeAsync(lease, entry.Id, "the hub is away", _world.Time.GetUtcNow().AddSeconds(30), None));
        Assert.DoesNotContain(await Store.ListDueAsync(1000, None), due => due.Id == entry.Id);
        _world.Time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(("the hub is away", 1), await DueAsync(entry.Id));
        Assert.True(await Store.PostponeAsync(lease, entry.Id, "no such bucket", again: null, None));
        Assert.Equal((CacheState.Failed, 2), ((await FindAsync(wish))!.State, (await FindAsync(wish))!.Tries));
        var other = wish with { Deployment = await _world.InsertAsync() };
        await Store.WantAsync(NewKey(), other, None);
        var again = (await FindAsync(wish))!;
        Assert.Equal((entry.Id, CacheState.Wanted, 0, other.Deployment, (string?)null), (again.Id, again.State, again.Tries, again.Wish.Deployment, again.Failure));
    }

    [EngineFact]
    public async Task ACopyThatIsLost_KeepsItsRow_AndMakesRoomForTheNext()
    {
        var wish = await WishAsync();
        var entry = await CompleteAsync(wish);
        await Store.LoseAsync(TenantId.Parse("somebody-else"), entry.Id, None);
        Assert.NotNull(await FindAsync(wish));
        _world.Time.Advance(TimeSpan.FromHours(1));
        await Store.LoseAsync(wish.Tenant, entry.Id, None);
        Assert.Null(await FindAsync(wish));
        var next = await WantAsync(wish);
        Assert.NotEqual(entry.Id, next.Id);
        Assert.Empty(await Store.ListFilesAsync(next.Id, None));
        var past = Assert.Single(await Store.OfDeploymentAsync(_world.Tenant, wish.Deployment!.Value, None), stay => stay.State == CacheState.Removed);
        Assert.Equal(TimeSpan.FromHours(1), past.RemovedAt - past.StoredAt);
        Assert.Empty(await Store.OfDeploymentAsync(TenantId.Parse("somebody-else"), wish.Deployment.Value, None));
    }

    [EngineFact]
    public async Task Removal_TakesTheOwnersCopiesOnly_AndSurvivesFailures()
    {
        var (mine, theirs) = (await WishAsync() with { Tenant = null, Model = "acme/gone" }, await WishAsync() with { Model = "acme/gone" });
        var (own, foreign) = (await CompleteAsync(mine), await CompleteAsync(theirs));
        Assert.Equal(1, await Store.RequestRemovalAsync(tenant: null, "acme/gone", None));
        Assert.Equal(0, await Store.RequestRemovalAsync(tenant: null, "acme/gone", None));
        var lease = await LeaseAsync(own, "one");
        Assert.True(await Store.PostponeAsync(lease, own.Id, "away", _world.Time.GetUtcNow(), None));
        Assert.Equal(CacheState.Removing, (await FindAsync(mine))!.State);
        Assert.True(await Store.RemovedAsync(lease, own.Id, None));
        Assert.Null(await FindAsync(mine));
        Assert.Equal(foreign.Id, (await FindAsync(theirs))!.Id);
        Assert.DoesNotContain(await Store.ListAsync(tenant: null, 1000, None), entry => entry.Id == own.Id || entry.Id == foreign.Id);
    }

    [EngineFact]
    public async Task WhatABranchMeantLast_IsFoundByItsName_OfItsOwnerAndPlaceOnly()
    {
        var old = await WishAsync();
        await CompleteAsync(old);
        _world.Time.Advance(TimeSpan.FromMinutes(1));
        var young = old with { Commit = new string('b', 40), Place = old.Root.Under("b") };
        await CompleteAsync(young);
        await WantAsync(old with { Commit = new string('c', 40), Place = old.Root.Under("c") });
        Assert.Equal(young.Commit, (await NewestAsync(old.Tenant, old.Root, "main"))!.Wish.Commit);
        Assert.Equal(s_commit, (await NewestAsync(old.Tenant, old.Root, s_commit))!.Wish.Commit);
        Assert.Null(await NewestAsync(old.Tenant, old.Root, "dev"));
        Assert.Null(await NewestAsync(tenant: null, old.Root, "main"));
        Assert.Null(await NewestAsync(old.Tenant, old.Root.Under("x"), "main"));

        ValueTask<CacheEntry?> NewestAsync(TenantId? tenant, S3Location root, string revision) => Store.FindNewestAsync(tenant, root, old.Model, revision, None);
    }

    [EngineFact]
    public async Task WhatWorkersLoaded_IsCountedOnceForEachReport_AndForItsTenant()
    {
        var id = await _world.InsertAsync();
        await _world.BeginAsync(id);
        var report = new AttemptReport(1, "w", 1, Phase: null, Failure: null, [], Progress: null) { Cache = new CacheUse(1, 0, 7, 1000) };
        Assert.Equal(CacheUse.None, await Store.UseAsync(_world.Tenant, id, None));
        foreach (var told in (AttemptReport[])[report, report, report with { Sequence = 2, MessageId = "w/2", Cache = new CacheUse(0, 1, 1, 0) }])
        {
            await _world.Deployments.ApplyReportAsync(_world.Tenant, id, told, None);
        }

        Assert.Equal(new CacheUse(1, 1, 8, 1000), await Store.UseAsync(_world.Tenant, id, None));
        Assert.Equal(CacheUse.None, await Store.UseAsync(TenantId.Parse("somebody-else"), id, None));
    }

    private static string NewKey() => NewId().Value;

    private async Task<CacheWish> WishAsync()
    {
        var root = new S3Location { Bucket = "bucket", Prefix = $"p{Interlocked.Increment(ref s_places)}", Endpoint = new Uri("http://s3.test:8080"), Region = "eu-1" };
        return new CacheWish
        {
            Tenant = _world.Tenant, Deployment = await _world.InsertAsync(), Root = root, Place = root.Under("acme--tiny/" + s_commit), Model = "acme/tiny", Revision = "main",
            Commit = s_commit, VramGb = 8,
        };
    }

    private ValueTask<CacheEntry?> FindAsync(CacheWish wish) => Store.FindAsync(wish.Tenant, wish.Place, None);

    private async Task<CacheEntry> WantAsync(CacheWish wish)
    {
        await Store.WantAsync(NewKey(), wish, None);
        return (await FindAsync(wish))!;
    }

    private async Task<CacheEntry> CompleteAsync(CacheWish wish)
    {
        var entry = await WantAsync(wish);
        Assert.True(await Store.CompleteAsync(await LeaseAsync(entry, "one"), entry.Id, "digest", None));
        return (await FindAsync(wish))!;
    }

    private async Task<Lease> LeaseAsync(CacheEntry entry, string owner) => (await Leases.TryAcquireAsync("cache/" + entry.Id, owner, TimeSpan.FromMinutes(1), None))!;

    private async Task<(string?, int)> DueAsync(string id)
    {
        var due = Assert.Single(await Store.ListDueAsync(1000, None), entry => entry.Id == id);
        return (due.Failure, due.Tries);
    }
}
