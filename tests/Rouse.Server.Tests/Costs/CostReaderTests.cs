using Dapper;
using Rouse.Contracts.Costs;
using Rouse.Core.Analytics;
using Rouse.Core.Deployments;
using Rouse.Core.Jobs;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.Server.Background;
using Rouse.Server.Features.Costs;
using Rouse.Store.Caching;
using Rouse.Store.Deployments;

namespace Rouse.Server.Tests.Costs;

/// <summary>What a deployment is said to have cost, after a life with everything in it.</summary>
public sealed class CostReaderTests : IAsyncLifetime
{
    private static readonly Offer s_dear = new("runpod", "AMPERE_80", 80, 0.00076m);
    private CostWorld _world = null!;

    public async Task InitializeAsync() => _world = await CostWorld.OpenAsync();

    public async Task DisposeAsync() => await _world.DisposeAsync();

    /// <summary>The seed's cost was a running time of zero once it was deleted, at the price of whichever candidate matched a word.</summary>
    [Fact]
    public async Task ADeletedDeployment_KeepsWhatItCost_AtThePriceOfWhatItTook_BySecondsThatWereSeen()
    {
        var id = await LiveAsync();
        await _world.Deployments.RequestDeleteAsync(CostWorld.Tenant, id, default);
        await _world.LookAsync(await _world.LoadAsync(id), 5);
        Assert.True(await _world.Deployments.AdvanceAsync(CostWorld.Tenant, id, 2, Phase.Deleted, null, default));

        var cost = await CostAsync(id);
        Assert.Equal(("deleted", "ADA_24", "EU-RO-1", 1.116m), (cost.Status, cost.GpuAllocated, cost.Region, cost.PricePerHourUsd));
        Assert.Equal(
            [("cold_start", "metered", 45d, 0.01395m), ("failed_start", "metered", 100d, 0.076m), ("serving", "metered", 40d, 0.0124m), ("idle", "metered", 260d, 0.0806m)],
            cost.Parts.Select(part => (part.Kind, part.Source, part.Seconds, part.Usd!.Value)));
        Assert.Equal(0.18295m, cost.EstimatedCostUsd);
        Assert.Equal(cost.EstimatedCostUsd, cost.Parts.Sum(part => part.Usd));
        Assert.Equal((Math.Round(445d / 3600, 6), 0m), (cost.HoursRunning, cost.NowUsdPerHour));
        Assert.Equal(5, cost.UnobservedSeconds);
        Assert.Contains("5 s were not observed and are not counted.", cost.Note, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ARunningOne_SaysWhatItCostsNow()
    {
        var id = await LiveAsync();
        var cost = await CostAsync(id);
        Assert.Equal((1.116m, 0d), (cost.NowUsdPerHour, cost.UnobservedSeconds));
        Assert.Equal(_world.Time.GetUtcNow(), cost.SeenUntil);
    }

    [Fact]
    public async Task WhatWasSeenSinceTheLastWrite_CountsAtOnce()
    {
        var id = await _world.AcceptAsync();
        var row = await _world.BeginAsync(id, 1, "ep_new");
        await _world.LookAsync(row, 0, CostWorld.Seen(id, "ep_new", starting: 1));
        await _world.LookAsync(row, 15, CostWorld.Seen(id, "ep_new", starting: 1));
        Assert.Equal(("cold_start", 15d), (await CostAsync(id)).Parts.Select(part => (part.Kind, part.Seconds)).Single());
    }

    [Fact]
    public async Task OnceJobsAreForgotten_ServingAndIdlingAreOneFigure()
    {
        var id = await LiveAsync();
        _world.Time.Advance(new JobLimits().ResultsKept);
        Assert.Contains((await CostAsync(id)).Parts, part => part is { Kind: "serving_and_idle", Seconds: 300 });
    }

    [Fact]
    public async Task AJobThatRanTwice_LeavesNobodyKnowingHowLongWorkersServed()
    {
        var id = await LiveAsync();
        await JobAsync(id, "job_2", seconds: 10, again: 1);
        Assert.Contains((await CostAsync(id)).Parts, part => part.Kind == "serving_and_idle");
    }

    [Fact]
    public async Task WithSharedBackends_TheCostIsCountedOnce()
    {
        var host = await _world.AcceptAsync();
        await _world.BeginAsync(host, 1, "ep_shared");
        await _world.Deployments.AdvanceAsync(CostWorld.Tenant, host, 1, Phase.Ready, null, default);
        var guest = await _world.AcceptAsync();
        await _world.Database.WriteAsync(async connection => await connection.ExecuteAsync(
            "update deployments set backend = 'ep_shared', phase = 'Ready', offer = (select offer from deployments where id = @host) where id = @guest",
            new { host = host.Value, guest = guest.Value }));
        for (var i = 0; i < 5; i++) await BothLookAsync();
        Assert.Contains("uses the backend of an older deployment", (await CostAsync(guest)).Note, StringComparison.Ordinal);

        await _world.Deployments.RequestDeleteAsync(CostWorld.Tenant, host, default);
        for (var i = 0; i < 5; i++) await BothLookAsync();
        var (hosts, guests) = (await CostAsync(host), await CostAsync(guest));
        Assert.Equal(270, (hosts.HoursRunning + guests.HoursRunning) * 3600, tolerance: 0.1);
        Assert.Equal((1, 1), (hosts.Parts.Count, guests.Parts.Count));

        async Task BothLookAsync()
        {
            // What another still uses is not shown to one that has ended.
            var row = await _world.LoadAsync(host);
            await _world.LookAsync(row, 30, row.Phase.IsEnded() ? [] : [CostWorld.Seen(host, "ep_shared", ready: 1)]);
            await _world.LookAsync(await _world.LoadAsync(guest), 0, CostWorld.Seen(host, "ep_shared", ready: 1));
        }
    }

    [Fact]
    public async Task BeforeAnythingWasSeen_NothingIsCounted_AndThatIsSaid()
    {
        var cost = await CostAsync(await _world.AcceptAsync());
        Assert.Equal((0m, null), (cost.EstimatedCostUsd, cost.PricePerHourUsd));
        Assert.Equal("Nothing was seen running yet, so nothing is counted.", cost.Note);
    }

    [Fact]
    public async Task AnotherTenant_FindsNothing() =>
        Assert.Null(await Reader().FindAsync(TenantId.Parse("another"), await LiveAsync(), default));

    /// <summary>A first attempt that comes to nothing, a second that becomes ready, serves for 40 s and idles.</summary>
    private async Task<DeploymentId> LiveAsync()
    {
        var id = await _world.AcceptAsync();
        var row = await _world.BeginAsync(id, 1, "ep_one", s_dear);
        await _world.LookAsync(row, 0, CostWorld.Seen(id, "ep_one", starting: 1));
        await _world.LookAsync(row, 85, CostWorld.Seen(id, "ep_one", starting: 1));
        await _world.LookAsync(row, 15, CostWorld.Seen(id, "ep_one"));
        Assert.True(await _world.Deployments.GiveUpAttemptAsync(CostWorld.Tenant, id, 1, new BackendId("ep_one"), new FailureCause(FailureCodes.NoCapacity, "None."), default));
        row = await _world.BeginAsync(id, 2, "ep_two");
        await _world.LookAsync(row, 0, CostWorld.Seen(id, "ep_two", 2, starting: 1));
        Assert.True(await _world.Deployments.AdvanceAsync(CostWorld.Tenant, id, 2, Phase.Ready, null, default));
        row = await _world.LoadAsync(id);
        await _world.LookAsync(row, 45, CostWorld.Seen(id, "ep_two", 2, ready: 1));
        for (var i = 0; i < 10; i++) await _world.LookAsync(row, 30, CostWorld.Seen(id, "ep_two", 2, ready: 1));
        await JobAsync(id, "job_1", seconds: 40);
        return id;
    }

    private async Task JobAsync(DeploymentId id, string job, int seconds, int again = 0)
    {
        var now = _world.Time.GetUtcNow().ToUnixTimeMilliseconds();
        await _world.Database.WriteAsync(async connection => await connection.ExecuteAsync(
            """
            insert into jobs (deployment, id, tenant, status, low, place, queued_at, taken_at, ended_at, tries, again, execution_ms, ttl_ms, drop_at, due_at, chunks, chunk_bytes)
            values (@id, @job, 'tenant', 'COMPLETED', 0, 1, @now, @taken, @now, 1, @again, 600000, 600000, @now, @now, 0, 0)
            """,
            new { id = id.Value, job, now, taken = now - (seconds * 1000L), again }));
    }

    private async Task<DeploymentCost> CostAsync(DeploymentId id) => (await Reader().FindAsync(CostWorld.Tenant, id, default))!;

    private CostReader Reader()
    {
        var ports = new ReconcilePorts
        {
            Store = _world.Deployments, Providers = new Dictionary<string, IProvider>(StringComparer.Ordinal), Installation = "rouse", Owner = "test",
            Access = (_, _) => throw new InvalidOperationException(), Inspect = (_, _) => throw new InvalidOperationException(),
            Environment = (_, _, _) => throw new InvalidOperationException(),
        };
        return new CostReader(_world.Deployments, _world.Capacity, _world.Meter, new CostBills(_world.Capacity, _world.Meter, ports, _world.Time), new CacheCosts(new CacheStore(_world.Database, _world.Time), new CachePrices(), _world.Time), new JobLimits(), _world.Time);
    }
}
