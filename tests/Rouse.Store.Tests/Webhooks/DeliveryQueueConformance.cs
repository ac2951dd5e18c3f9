using System.Text;
using Rouse.Core.Webhooks;
using Rouse.Store.Tests.Engines;
using Rouse.Store.Webhooks;
using Rouse.TestKit.Time;

namespace Rouse.Store.Tests.Webhooks;

public sealed class SqliteDeliveryQueueTests(SqliteEngine engine) : DeliveryQueueConformance<SqliteEngine>(engine);

public sealed class PostgresDeliveryQueueTests(PostgresEngine engine) : DeliveryQueueConformance<PostgresEngine>(engine);

public abstract class DeliveryQueueConformance<TEngine>(TEngine engine) : IClassFixture<TEngine>, IAsyncLifetime
    where TEngine : Engine
{
    private readonly WebhookBench _bench = new(engine.Database, new ManualTime());

    public Task InitializeAsync() => _bench.ClearAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [EngineFact]
    public async Task AnEvent_GoesToEveryEndpointThatWantsIt_UnderOneId()
    {
        var all = await _bench.CreateAsync("https://a.example/");
        await _bench.CreateAsync("https://b.example/", "job.*");
        var ready = await _bench.CreateAsync("https://c.example/", "deployment.ready");

        var (id, told) = await _bench.PublishAsync();

        var claimed = await _bench.ClaimAsync();
        Assert.Equal(2, told);
        Assert.Equal(new[] { all.Value, ready.Value }.Order(StringComparer.Ordinal), claimed.Select(delivery => delivery.Endpoint).Order(StringComparer.Ordinal));
        Assert.All(claimed, delivery => Assert.Equal((id, id, 1, DeliveryPolicy.Standard), (delivery.Message, Encoding.UTF8.GetString(delivery.Body), delivery.Tries, delivery.Policy)));
    }

    [EngineFact]
    public async Task AnEventThatNobodyWants_IsNotWritten()
    {
        await _bench.CreateAsync("https://a.example/", "job.*");
        Assert.Equal(0, (await _bench.PublishAsync()).Told);
        Assert.Equal(0, (await _bench.PublishAsync(url: "https://x.example/", filter: "deployment.failed")).Told);
        Assert.Single(await _bench.Store.ListAsync(_bench.Tenant, 10, null, default));
    }

    [EngineFact]
    public async Task ADeploymentsUrl_IsAnEndpointOfItsOwn_UnlessThereIsOne()
    {
        await _bench.PublishAsync(url: "https://x.example/");
        var created = await _bench.CreateAsync("https://y.example/", "job.*");

        Assert.Equal(1, (await _bench.PublishAsync(url: "https://y.example/", filter: "deployment.ready")).Told);
        Assert.Equal(1, (await _bench.PublishAsync(url: "https://x.example/")).Told);

        var listed = await _bench.Store.ListAsync(_bench.Tenant, 10, null, default);
        Assert.Equal([("https://x.example/", true), ("https://y.example/", false)], listed.Select(e => (e.Url, e.IsImplicit)).Order());
        Assert.Equal(["https://x.example/", "https://x.example/", "https://y.example/"], (await _bench.ClaimAsync()).Select(delivery => delivery.Url).Order(StringComparer.Ordinal));
        Assert.Single(await _bench.EntriesAsync(created));
    }

    [EngineFact]
    public async Task AnEndpoint_HasFourTriesInTheAir_AtMost()
    {
        await _bench.CreateAsync("https://a.example/");
        for (var i = 0; i < 10; i++) await _bench.PublishAsync();

        var first = await _bench.ClaimAsync();
        Assert.Equal(4, first.Count);
        Assert.Empty(await _bench.ClaimAsync());
        await _bench.PublishAsync();
        Assert.Empty(await _bench.ClaimAsync());

        await _bench.SettleAsync(first[0], 200);
        await _bench.SettleAsync(first[1], 200);
        Assert.Equal(2, (await _bench.ClaimAsync()).Count);
    }

    [EngineFact]
    public async Task ManyThatWaitForOneEndpoint_DoNotKeepAnotherWaiting()
    {
        var dead = await _bench.CreateAsync("https://dead.example/", "deployment.failed");
        var well = await _bench.CreateAsync("https://well.example/", "deployment.ready");
        for (var i = 0; i < 200; i++) await _bench.PublishAsync(EventTypes.Failed);
        _bench.Time.Advance(TimeSpan.FromMinutes(1));
        await _bench.PublishAsync(EventTypes.Ready);

        var claimed = await _bench.ClaimAsync(healthy: 8, failing: 0);

        Assert.Equal(4, claimed.Count(delivery => delivery.Endpoint == dead.Value));
        Assert.Equal(1, claimed.Count(delivery => delivery.Endpoint == well.Value));
        // Once it has failed it is one of those that have places of their own.
        foreach (var delivery in claimed.Where(delivery => delivery.Endpoint == dead.Value)) await _bench.SettleAsync(delivery, 500);
        Assert.Empty(await _bench.ClaimAsync(healthy: 8, failing: 0));
        Assert.Equal(4, (await _bench.ClaimAsync(healthy: 0, failing: 8)).Count);
    }

    [EngineFact]
    public async Task EndpointsThatAlwaysHaveSomething_TakeTurns()
    {
        var ids = new[] { await _bench.CreateAsync("https://a.example/"), await _bench.CreateAsync("https://b.example/"), await _bench.CreateAsync("https://c.example/") };
        for (var i = 0; i < 30; i++) await _bench.PublishAsync();
        List<string> served = [];
        for (var i = 0; i < 6; i++)
        {
            _bench.Time.Advance(TimeSpan.FromSeconds(1));
            var claimed = await _bench.ClaimAsync(healthy: 4);
            served.Add(Assert.Single(claimed.Select(delivery => delivery.Endpoint).Distinct()));
            foreach (var delivery in claimed) await _bench.SettleAsync(delivery, 200);
        }

        Assert.All(ids, id => Assert.Equal(2, served.Count(endpoint => endpoint == id.Value)));
    }

    [EngineFact]
    public async Task ATryWhoseSenderDied_IsMadeAgain_WhenTheHoldEnds_OrTheSenderIsBack()
    {
        await _bench.CreateAsync("https://a.example/");
        var (id, _) = await _bench.PublishAsync();
        Assert.Single(await _bench.ClaimAsync());
        _bench.Time.Advance(DeliveryQueue.Hold - TimeSpan.FromMilliseconds(1));
        Assert.Empty(await _bench.ClaimAsync());
        _bench.Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal((id, 2), Assert.Single(await _bench.ClaimAsync()) is var second ? (second.Message, second.Tries) : default);

        Assert.Equal(1, await _bench.Queue.ReleaseAsync(default));
        Assert.Equal((id, 3), Assert.Single(await _bench.ClaimAsync()) is var third ? (third.Message, third.Tries) : default);
        Assert.Equal(0, await new DeliveryQueue(engine.Database, _bench.Time, "another").ReleaseAsync(default));
    }

    [EngineFact]
    public async Task ALateAnswer_CountsWhenItIsASuccess_AndNotWhenItIsAFailure()
    {
        var endpoint = await _bench.CreateAsync("https://a.example/");
        await _bench.PublishAsync();
        var late = Assert.Single(await _bench.ClaimAsync());
        _bench.Time.Advance(DeliveryQueue.Hold);
        Assert.Single(await _bench.ClaimAsync());

        await _bench.SettleAsync(late, 500);
        Assert.Equal(DeliveryStates.Sending, Assert.Single(await _bench.EntriesAsync(endpoint)).State);
        await _bench.SettleAsync(late, 200);
        Assert.Equal(DeliveryStates.Delivered, Assert.Single(await _bench.EntriesAsync(endpoint)).State);
    }

    [EngineFact]
    public async Task APause_HoldsTheWholeEndpointBack()
    {
        var endpoint = await _bench.CreateAsync("https://a.example/");
        for (var i = 0; i < 5; i++) await _bench.PublishAsync();
        var first = await _bench.ClaimAsync();
        await _bench.SettleAsync(first[0], 429, TimeSpan.FromMinutes(10));
        foreach (var delivery in first[1..]) await _bench.SettleAsync(delivery, 200);

        Assert.Equal(_bench.Time.GetUtcNow().AddMinutes(10), (await _bench.GetAsync(endpoint)).PausedUntil);
        Assert.Empty(await _bench.ClaimAsync());
        await _bench.PublishAsync();
        Assert.Empty(await _bench.ClaimAsync());
        _bench.Time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(3, (await _bench.ClaimAsync()).Count);
    }

    [EngineFact]
    public async Task Gone_DisablesTheEndpoint_AndWhatWaitsIsKept()
    {
        var endpoint = await _bench.CreateAsync("https://a.example/");
        for (var i = 0; i < 6; i++) await _bench.PublishAsync();
        var first = await _bench.ClaimAsync();
        await _bench.SettleAsync(first[0], 410);
        foreach (var delivery in first[1..]) await _bench.SettleAsync(delivery, 200);

        var shown = await _bench.GetAsync(endpoint);
        Assert.Equal((false, DisabledReasons.Gone, 2L, 1L), (shown.IsEnabled, shown.DisabledBecause, shown.Waiting, shown.Dead));
        Assert.Empty(await _bench.ClaimAsync());
        Assert.Equal(0, (await _bench.PublishAsync()).Told);

        await _bench.Store.UpdateAsync(_bench.Tenant, endpoint, new WebhookChange(null, null, null, IsEnabled: true), default);
        Assert.Equal(2, (await _bench.ClaimAsync()).Count);
    }

    [EngineFact]
    public async Task ManySendersAtOnce_TakeEachDeliveryOnce()
    {
        for (var i = 0; i < 8; i++) await _bench.CreateAsync($"https://{i}.example/");
        for (var i = 0; i < 4; i++) await _bench.PublishAsync();

        var taken = (await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => _bench.ClaimAsync(healthy: 8))))).SelectMany(list => list).ToList();
        while (await _bench.ClaimAsync() is { Count: > 0 } more) taken.AddRange(more);

        Assert.Equal(32, taken.Count);
        Assert.Equal(32, taken.Select(delivery => (delivery.Endpoint, delivery.Message)).Distinct().Count());
    }

    [EngineFact]
    public async Task WhatIsPublishedWhileOthersSettle_IsNeverForgotten()
    {
        await _bench.CreateAsync("https://a.example/");
        var sent = 0;
        var published = Task.Run(async () =>
        {
            for (var i = 0; i < 100; i++) await _bench.PublishAsync();
        });
        while (true)
        {
            var isOver = published.IsCompleted;
            var claimed = await _bench.ClaimAsync();
            await Task.WhenAll(claimed.Select(delivery => _bench.SettleAsync(delivery, 200)));
            sent += claimed.Count;
            if (isOver && claimed.Count == 0) break;
        }

        await published;
        Assert.Equal(100, sent);
    }
}
