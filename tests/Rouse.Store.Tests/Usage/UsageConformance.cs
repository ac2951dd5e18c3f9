using System.Security.Cryptography;
using Rouse.Core;
using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;
using Rouse.Store.Tests.Engines;
using Rouse.Store.Usage;
using Rouse.TestKit.Time;

namespace Rouse.Store.Tests.Usage;

public sealed class SqliteUsageTests(SqliteEngine engine) : UsageConformance<SqliteEngine>(engine);

public sealed class PostgresUsageTests(PostgresEngine engine) : UsageConformance<PostgresEngine>(engine);

/// <summary>Requests, one row each.</summary>
public abstract class UsageConformance<TEngine>(TEngine engine) : IClassFixture<TEngine>
    where TEngine : Engine
{
    private static readonly TenantId s_tenant = TenantId.Parse("acme");
    private readonly ManualTime _time = new();
    private readonly DeploymentId _deployment = DeploymentId.FromRandom(RandomNumberGenerator.GetBytes(Ids.RandomBytes));

    [EngineFact]
    public async Task ABatchThatIsWrittenTwice_CountsOnce_AndNothingIsLost()
    {
        var (store, writer) = (Store(), Writer());
        List<UsageRow> rows = [.. Enumerable.Range(1, 1_000).Select(n => Row(n, status: 200 + (n % 4 * 100), waitedMs: n))];
        await store.AddAsync(writer, rows, default);
        await store.AddAsync(writer, rows, default);
        await store.AddAsync(Writer(), [Row(1, status: 0, waitedMs: 5_000)], default);

        var (totals, waited, lasted) = await store.SumAsync(s_tenant, _deployment, _time.GetUtcNow(), _time.GetUtcNow().AddHours(1), default);
        Assert.Equal((1_001, 500, 250, 250, 1), (totals.Requests, totals.Succeeded, totals.Refused, totals.Failed, totals.Unanswered));
        Assert.Equal((7L * 1_001, 9L * 1_001, 1_001, 1_001), (totals.BytesIn, totals.BytesOut, totals.Queued, totals.ColdStarts));
        Assert.Equal(new UsageRanks(501, 951, 991), waited);
        Assert.Equal(new UsageRanks(501 + 50, 951 + 50, 991 + 50), lasted);
    }

    [EngineFact]
    public async Task WithinATime_AndATenant_OnlyTheirsCount()
    {
        var store = Store();
        await store.AddAsync(Writer(), [Row(1, 200, 1), Row(2, 200, 1) with { At = _time.GetUtcNow().AddHours(1) }, Row(3, 200, 1) with { Tenant = TenantId.Parse("umbrella") }], default);

        Assert.Equal(1, (await store.SumAsync(s_tenant, _deployment, _time.GetUtcNow(), _time.GetUtcNow().AddHours(1), default)).Totals.Requests);
        var (none, waited, _) = await store.SumAsync(s_tenant, _deployment, _time.GetUtcNow().AddHours(2), _time.GetUtcNow().AddHours(3), default);
        Assert.Equal((0, 0L), (none.Requests, waited.P99));
    }

    [EngineFact]
    public async Task WhatIsTooOld_IsForgotten()
    {
        var store = Store();
        await store.AddAsync(Writer(), [Row(1, 200, 1), Row(2, 200, 1) with { At = _time.GetUtcNow().AddDays(1) }], default);
        var from = _time.GetUtcNow();
        _time.Advance(UsageStore.Kept + TimeSpan.FromHours(1));
        await store.PruneAsync(default);

        Assert.Equal(1, (await store.SumAsync(s_tenant, _deployment, from, from.AddDays(40), default)).Totals.Requests);
    }

    private UsageStore Store() => new(engine.Database, _time);

    private static string Writer() => Ids.Encode(RandomNumberGenerator.GetBytes(Ids.RandomBytes));

    private UsageRow Row(long number, int status, int waitedMs) => new(
        number, s_tenant, _deployment, IsQueued: true, _time.GetUtcNow(), TimeSpan.FromMilliseconds(waitedMs), TimeSpan.FromMilliseconds(waitedMs + 50), status, 7, 9, ColdStart: true);
}
