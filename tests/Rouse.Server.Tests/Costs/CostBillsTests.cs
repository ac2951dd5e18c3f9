using Microsoft.Extensions.Logging.Abstractions;
using Rouse.Contracts.Costs;
using Rouse.Core.Analytics;
using Rouse.Core.Deployments;
using Rouse.Core.Hardware;
using Rouse.Core.Models;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.FakeRunpod;
using Rouse.FakeRunpod.Workers;
using Rouse.Providers.Runpod;
using Rouse.Server.Background;
using Rouse.Server.Features.Costs;
using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.Costs;

/// <summary>What was metered against the bill of a Runpod over sockets.</summary>
public sealed class CostBillsTests : IAsyncLifetime
{
    private readonly ManualTime _time = new();
    private CostWorld _world = null!;
    private FakeRunpodServer _fake = null!;
    private RunpodClient _client = null!;
    private RunpodServerless _runpod = null!;

    public async Task InitializeAsync()
    {
        _world = await CostWorld.OpenAsync();
        _fake = await FakeRunpodServer.StartAsync(new FakeRunpodOptions { Time = _time, Runner = new SimulatedWorkers(_time) });
        var options = new RunpodOptions { BaseAddress = _fake.ManagementUrl, JobBaseAddress = _fake.JobsUrl, Image = "example/worker:1" };
        _client = new RunpodClient(options, _time);
        _runpod = new RunpodServerless(_client, options, _time, NullLogger.Instance);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _fake.DisposeAsync();
        await _world.DisposeAsync();
    }

    [Fact]
    public async Task WhatWasMetered_IsHeldAgainstTheBill_AndTheDifferenceIsShown()
    {
        var row = await RunAsync(TimeSpan.FromMinutes(30), watched: 20);
        var spans = await _world.Capacity.ListAsync(CostWorld.Tenant, row.Id, default);
        var bill = (await Bills(new Secret(FakeRunpodServer.Key)).FindAsync(row, spans, default))!;
        Assert.Equal(("billed", null), (bill.Source, bill.Error));
        Assert.Equal(_fake.Bill(row.Backend!.Value.Value).Dollars, bill.Usd!.Value, 5);
        // Ten of the thirty minutes went unseen.
        Assert.Equal(600 * row.Offer!.PricePerSecond, bill.ResidualUsd!.Value, 2);
    }

    /// <summary>What runs on is written down once a minute; a bill is newer than that.</summary>
    [Fact]
    public async Task WhatWasSeenSinceTheLastWrite_IsHeldAgainstTheBillToo()
    {
        var (row, _, _) = await StartAsync();
        await _world.LookAsync(row, 0, CostWorld.Seen(row.Id, row.Backend!.Value.Value, ready: 1));
        await _world.LookAsync(row, 30, CostWorld.Seen(row.Id, row.Backend!.Value.Value, ready: 1));
        _time.Advance(TimeSpan.FromSeconds(30));
        var bill = (await Bills(new Secret(FakeRunpodServer.Key)).FindAsync(row, await _world.Capacity.ListAsync(CostWorld.Tenant, row.Id, default), default))!;
        Assert.InRange(bill.Usd!.Value, 20 * row.Offer!.PricePerSecond, 30 * row.Offer.PricePerSecond);
        Assert.InRange(bill.ResidualUsd!.Value, -10 * row.Offer.PricePerSecond, 0);
    }

    [Fact]
    public async Task ABillThatIsNotTold_SaysWhy_AndTheMeteredFiguresStand()
    {
        var row = await RunAsync(TimeSpan.FromMinutes(1), watched: 1);
        var spans = await _world.Capacity.ListAsync(CostWorld.Tenant, row.Id, default);
        var bill = (await Bills(new Secret("rpa_revoked")).FindAsync(row, spans, default))!;
        Assert.Null(bill.Usd);
        Assert.NotNull(bill.Error);
        Assert.DoesNotContain("rpa_", bill.Error, StringComparison.Ordinal);
        Assert.Null(await Bills(new Secret(FakeRunpodServer.Key)).FindAsync(row with { Spec = row.Spec with { Provider = "local" } }, spans, default));
    }

    /// <summary>One worker that costs for so long, of which so many minutes are looked at.</summary>
    private async Task<DeploymentState> RunAsync(TimeSpan length, int watched)
    {
        var (row, backend, access) = await StartAsync();
        for (var minute = 0; minute <= watched; minute++) await _world.LookAsync(row, minute == 0 ? 0 : 60, CostWorld.Seen(row.Id, backend.Value, ready: 1));
        await _world.LookAsync(row, (length - TimeSpan.FromMinutes(watched)).TotalSeconds);
        _time.Advance(length);
        await _runpod.DeleteAsync(backend, access, default);
        return row;
    }

    private async Task<(DeploymentState Row, BackendId Backend, ProviderAccess Access)> StartAsync()
    {
        var access = new ProviderAccess(CostWorld.Tenant, new Secret(FakeRunpodServer.Key));
        var sold = OfferRanking.Rank(await _runpod.ListOffersAsync(region: null, access, default), new HardwareNeed(24, "4090", Region: null));
        var id = await _world.AcceptAsync();
        var name = new BackendName(OwnerPrefix.For("rouse", CostWorld.Tenant), id, 1);
        var spec = new DeploymentSpec { Model = ModelRef.Parse("hf:org/name"), Provider = "runpod" };
        var backend = await _runpod.CreateAsync(new BackendRequest(name, CostWorld.Tenant, spec, sold.Offers[0], new Dictionary<string, EnvironmentValue>(StringComparer.Ordinal)), access, default);
        _fake.EditEndpoint(backend.Value, settings => settings["workers"]!["min"] = 1);
        return (await _world.BeginAsync(id, 1, backend.Value, sold.Offers[0]), backend, access);
    }

    private CostBills Bills(Secret key)
    {
        var ports = new ReconcilePorts
        {
            Store = _world.Deployments, Providers = new Dictionary<string, IProvider>(StringComparer.Ordinal), Installation = "rouse", Owner = "test",
            Access = (account, _) => ValueTask.FromResult(new ProviderAccess(account.Tenant, key)), Inspect = (_, _) => throw new InvalidOperationException(),
            Environment = (_, _, _) => throw new InvalidOperationException(),
        };
        return new CostBills(_world.Capacity, _world.Meter, ports, TimeProvider.System, new RunpodBilling(_client));
    }
}
