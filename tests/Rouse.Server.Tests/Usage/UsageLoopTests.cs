using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Rouse.Core;
using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;
using Rouse.Gateway.Usage;
using Rouse.Server.Metrics;
using Rouse.Server.Usage;
using Rouse.Store;
using Rouse.Store.Usage;
using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.Usage;

public sealed class UsageLoopTests : IAsyncLifetime
{
    private static readonly TenantId s_tenant = TenantId.Parse("acme");
    private readonly string _folder = Directory.CreateTempSubdirectory("rouse-usage-").FullName;
    private readonly DeploymentId _deployment = DeploymentId.FromRandom(RandomNumberGenerator.GetBytes(Ids.RandomBytes));
    private readonly ManualTime _time = new();
    private Database _database = null!;

    public async Task InitializeAsync() => _database = await Database.OpenAsync("sqlite:" + Path.Combine(_folder, "rouse.db"));

    public async Task DisposeAsync()
    {
        await _database.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task TwoLoops_CountEachRequestOnce_AndAStopLosesNothing()
    {
        var meters = new[] { new UsageMeter(), new UsageMeter() };
        var loops = meters.Select((meter, i) => Loop(meter, $"writer-{i}")).ToList();
        foreach (var loop in loops) await loop.StartAsync(CancellationToken.None);
        await Task.WhenAll(meters.Select(meter => Task.Run(() => Record(meter, 3_500))));
        await Eventually.TrueAsync(async () =>
        {
            _time.Advance(UsageLoop.Gather);
            return (await TotalsAsync()).Requests >= 6_000;
        });
        foreach (var meter in meters) Record(meter, 17);
        foreach (var loop in loops) await loop.StopAsync(CancellationToken.None);

        var totals = await TotalsAsync();
        Assert.Equal((2 * 3_517, 2L * 3_517 * 11), (totals.Requests, totals.BytesIn));
        Assert.All(meters, meter => Assert.Equal(0, meter.Dropped));
    }

    [Fact]
    public async Task WhatFindsNoRoom_IsCounted_AndShownAmongTheFigures()
    {
        var meter = new UsageMeter();
        Record(meter, UsageMeter.Capacity + 5);
        var figures = new UsageFigures(meter);
        using var loop = new UsageLoop(meter, new UsageStore(_database, _time), figures, "writer", _time, NullLogger<UsageLoop>.Instance);
        await loop.StopAsync(CancellationToken.None);
        var text = new PrometheusText();
        figures.WriteTo(text);

        Assert.Equal(UsageMeter.Capacity, (await TotalsAsync()).Requests);
        Assert.Contains("rouse_usage_dropped_total 5\n", text.ToString(), StringComparison.Ordinal);
        Assert.Contains($"rouse_service_requests_total{{kind=\"held\",class=\"2xx\"}} {UsageMeter.Capacity}\n", text.ToString(), StringComparison.Ordinal);
    }

    private UsageLoop Loop(UsageMeter meter, string writer) =>
        new(meter, new UsageStore(_database, _time), new UsageFigures(meter), writer, _time, NullLogger<UsageLoop>.Instance);

    private void Record(UsageMeter meter, int count)
    {
        for (var i = 0; i < count; i++)
        {
            meter.Record(new RequestUsage(s_tenant, _deployment, RequestKind.Held, _time.GetUtcNow(), TimeSpan.Zero, TimeSpan.FromMilliseconds(5), 200, 11, 13, ColdStart: false));
        }
    }

    private async Task<UsageTotals> TotalsAsync() =>
        (await new UsageStore(_database, _time).SumAsync(s_tenant, _deployment, DateTimeOffset.UnixEpoch, _time.GetUtcNow().AddDays(1), default)).Totals;
}
