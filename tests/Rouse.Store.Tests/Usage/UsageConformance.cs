using System.Security.Cryptography;
using Rouse.Core;
using Rouse.Core.Analytics;
using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;
using Rouse.Store.Tests.Engines;
using Rouse.Store.Usage;
using Rouse.TestKit.Time;

namespace Rouse.Store.Tests.Usage;

public sealed class SqliteUsageTests(SqliteEngine engine) : UsageConformance<SqliteEngine>(engine);

public sealed class PostgresUsageTests(PostgresEngine engine) : UsageConformance<PostgresEngine>(engine);

/// <summary>Rows of one request each, which is what can be counted on.</summary>
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
        Assert.Equal(1_001, waited.Count);
        Assert.All(new[] { (0.5, 501), (0.95, 951), (0.99, 991) }, rank =>
        {
            Assert.InRange(waited.At(rank.Item1), rank.Item2, rank.Item2 * 1.0625);
            Assert.InRange(lasted.At(rank.Item1), rank.Item2 + 50, (rank.Item2 + 50) * 1.0625);
        });
    }

    [EngineFact]
    public async Task WithinATime_AndATenant_OnlyTheirsCount()
    {
        var store = Store();
        await store.AddAsync(Writer(), [Row(1, 200, 1), Row(2, 200, 1) with { At = _time.GetUtcNow().AddHours(1) }, Row(3, 200, 1) with { Tenant = TenantId.Parse("umbrella") }], default);

        Assert.Equal(1, (await store.SumAsync(s_tenant, _deployment, _time.GetUtcNow(), _time.GetUtcNow().AddHours(1), default)).Totals.Requests);
        var (none, waited, _) = await store.SumAsync(s_tenant, _deployment, _time.GetUtcNow().AddHours(2), _time.GetUtcNow().AddHours(3), default);
        Assert.Equal((0, 0L), (none.Requests, waited.At(0.99)));
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

    private UsageRow Row(long number, int status, int waitedMs)
    {
        var (waited, lasted) = (new DurationHistogram(), new DurationHistogram());
        waited.Add(TimeSpan.FromMilliseconds(waitedMs));
        lasted.Add(TimeSpan.FromMilliseconds(waitedMs + 50));
        var totals = new UsageTotals
        {
            Requests = 1, Queued = 1, ColdStarts = 1, BytesIn = 7, BytesOut = 9,
            Succeeded = status is >= 100 and < 400 ? 1 : 0, Refused = status is >= 400 and < 500 ? 1 : 0, Failed = status >= 500 ? 1 : 0, Unanswered = status < 100 ? 1 : 0,
        };
        return new UsageRow(number, s_tenant, _deployment, _time.GetUtcNow(), totals, waited, lasted);
    }
}
