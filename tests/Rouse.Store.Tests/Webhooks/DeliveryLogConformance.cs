using Rouse.Core.Tenancy;
using Rouse.Core.Webhooks;
using Rouse.Store.Tests.Engines;
using Rouse.Store.Webhooks;
using Rouse.TestKit.Time;

namespace Rouse.Store.Tests.Webhooks;

public sealed class SqliteDeliveryLogTests(SqliteEngine engine) : DeliveryLogConformance<SqliteEngine>(engine);

public sealed class PostgresDeliveryLogTests(PostgresEngine engine) : DeliveryLogConformance<PostgresEngine>(engine);

public abstract class DeliveryLogConformance<TEngine>(TEngine engine) : IClassFixture<TEngine>, IAsyncLifetime
    where TEngine : Engine
{
    private static readonly TenantId s_other = TenantId.Parse("somebody-else");
    private readonly WebhookBench _bench = new(engine.Database, new ManualTime());

    public Task InitializeAsync() => _bench.ClearAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [EngineFact]
    public async Task ADelivery_IsTriedTenTimes_UnderOneId_ThenIsADeadLetter_AndIsSentAgainWhenAsked()
    {
        var endpoint = await _bench.CreateAsync("https://a.example/");
        var (id, _) = await _bench.PublishAsync();
        for (var n = 1; n <= 10; n++)
        {
            var delivery = Assert.Single(await _bench.ClaimAsync());
            Assert.Equal((id, n), (delivery.Message, delivery.Tries));
            var verdict = await _bench.SettleAsync(delivery, 500);
            if (verdict.NextAt is not { } next) continue;
            Assert.Equal((DeliveryStates.Waiting, next), Assert.Single(await _bench.EntriesAsync(endpoint)) is var e ? (e.State, e.NextTryAt) : default);
            _bench.Time.Advance(next - _bench.Time.GetUtcNow());
        }

        var dead = Assert.Single(await _bench.EntriesAsync(endpoint, DeliveryStates.Dead));
        Assert.Equal((10, 500, TryFailure.Refused, _bench.Time.GetUtcNow()), (dead.Tries, dead.Status, dead.Failure, dead.EndedAt!.Value));
        Assert.Empty(await _bench.ClaimAsync());

        Assert.True(await _bench.Log.ResendAsync(_bench.Tenant, endpoint, id, default));
        var again = Assert.Single(await _bench.ClaimAsync());
        Assert.Equal((id, 1, 11), (again.Message, again.Tries, again.AllTries));
        await _bench.SettleAsync(again, 204);
        var last = Assert.Single(await _bench.EntriesAsync(endpoint));
        Assert.Equal((DeliveryStates.Delivered, 204, TryFailure.None, 11), (last.State, last.Status, last.Failure, last.AllTries));
    }

    [EngineFact]
    public async Task Resend_OfWhatIsDelivered_SendsItAgain_AndOfWhatIsInTheAir_DoesNothing()
    {
        var endpoint = await _bench.CreateAsync("https://a.example/");
        var (id, _) = await _bench.PublishAsync();
        var first = Assert.Single(await _bench.ClaimAsync());
        Assert.True(await _bench.Log.ResendAsync(_bench.Tenant, endpoint, id, default));
        Assert.Empty(await _bench.ClaimAsync());
        await _bench.SettleAsync(first, 200);

        Assert.True(await _bench.Log.ResendAsync(_bench.Tenant, endpoint, id, default));
        Assert.Equal(id, Assert.Single(await _bench.ClaimAsync()).Message);
    }

    [EngineFact]
    public async Task Resend_OfAllDeadLetters_TakesThemAll()
    {
        var endpoint = await _bench.CreateAsync("https://a.example/");
        for (var i = 0; i < 6; i++) await _bench.PublishAsync();
        await KillAllAsync();
        Assert.Equal(6, (await _bench.GetAsync(endpoint)).Dead);

        Assert.Equal(6, await _bench.Log.ResendDeadAsync(_bench.Tenant, endpoint, default));
        Assert.Equal(0, await _bench.Log.ResendDeadAsync(_bench.Tenant, endpoint, default));
        Assert.Equal(4, (await _bench.ClaimAsync()).Count);
    }

    [EngineFact]
    public async Task AnotherTenant_SeesAndChangesNothing()
    {
        var endpoint = await _bench.CreateAsync("https://a.example/");
        var (id, _) = await _bench.PublishAsync();
        var news = new WebhookEvent("msg_x", s_other, EventTypes.Test, () => [1]);

        Assert.Empty((await _bench.Log.ListAsync(s_other, endpoint, new DeliveryQuery(null, 10), default)).Items);
        Assert.False(await _bench.Log.ResendAsync(s_other, endpoint, id, default));
        Assert.Equal(0, await _bench.Log.ResendDeadAsync(s_other, endpoint, default));
        Assert.False(await _bench.Log.AddAsync(news, endpoint, default));
        Assert.Null(await _bench.Store.GetAsync(s_other, endpoint, default));
        Assert.False(await _bench.Store.RemoveAsync(s_other, endpoint, default));
        Assert.Null(await _bench.Store.RotateAsync(s_other, endpoint, WebhookBench.Seal, TimeSpan.Zero, unless: false, default));
        Assert.Equal(WebhookOutcome.NotFound, (await _bench.Store.UpdateAsync(s_other, endpoint, new WebhookChange(null, null, "x", false), default)).Outcome);
        Assert.Single(await _bench.ClaimAsync());
    }

    [EngineFact]
    public async Task Pages_ShowEveryDeliveryOnce_NewestFirst()
    {
        var endpoint = await _bench.CreateAsync("https://a.example/");
        List<string> published = [];
        for (var i = 0; i < 7; i++)
        {
            if (i % 3 == 0) _bench.Time.Advance(TimeSpan.FromSeconds(1));
            published.Add((await _bench.PublishAsync()).Id);
        }

        List<DeliveryEntry> seen = [];
        DeliveryCursor? after = null;
        do
        {
            var page = await _bench.Log.ListAsync(_bench.Tenant, endpoint, new DeliveryQuery(null, 3, after), default);
            seen.AddRange(page.Items);
            Assert.True(page.Next is null || DeliveryCursor.TryParse(page.Next.ToString(), out after));
            if (page.Next is null) break;
        }
        while (true);

        Assert.Equal(published.Order(StringComparer.Ordinal), seen.Select(entry => entry.Message).Order(StringComparer.Ordinal));
        Assert.Equal(seen.OrderByDescending(entry => entry.CreatedAt).Select(entry => entry.CreatedAt), seen.Select(entry => entry.CreatedAt));
    }

    [EngineFact]
    public async Task TheLog_IsKeptForAWeek_AndDeadLettersForAMonth()
    {
        var endpoint = await _bench.CreateAsync("https://a.example/");
        await _bench.PublishAsync();
        await _bench.SettleAsync(Assert.Single(await _bench.ClaimAsync()), 200);
        await _bench.PublishAsync();
        await KillAllAsync();
        var began = _bench.Time.GetUtcNow();

        _bench.Time.Advance(DeliveryLog.DeliveredKept);
        await PruneAsync();
        Assert.Equal(DeliveryStates.Dead, Assert.Single(await _bench.EntriesAsync(endpoint)).State);
        _bench.Time.Advance(began + DeliveryLog.DeadKept - _bench.Time.GetUtcNow() - TimeSpan.FromMilliseconds(1));
        await PruneAsync();
        Assert.Single(await _bench.EntriesAsync(endpoint));
        _bench.Time.Advance(TimeSpan.FromMilliseconds(1));
        await PruneAsync();
        Assert.Empty(await _bench.EntriesAsync(endpoint));
        Assert.NotNull(await _bench.Store.GetAsync(_bench.Tenant, endpoint, default));
    }

    [EngineFact]
    public async Task ARemovedEndpoint_IsGoneAtOnce_AndItsRowsBitByBit()
    {
        var endpoint = await _bench.CreateAsync("https://a.example/");
        for (var i = 0; i < 3; i++) await _bench.PublishAsync();
        var inTheAir = await _bench.ClaimAsync();

        Assert.True(await _bench.Store.RemoveAsync(_bench.Tenant, endpoint, default));
        Assert.False(await _bench.Store.RemoveAsync(_bench.Tenant, endpoint, default));

        Assert.Null(await _bench.Store.GetAsync(_bench.Tenant, endpoint, default));
        await _bench.SettleAsync(inTheAir[0], 500);
        _bench.Time.Advance(TimeSpan.FromHours(1));
        Assert.Empty(await _bench.ClaimAsync());
        await PruneAsync();
        // The URL is free, and what is made of it now is another endpoint.
        Assert.NotEqual(endpoint, await _bench.CreateAsync("https://a.example/"));
        Assert.Equal(1, (await _bench.PublishAsync()).Told);
    }

    private async Task KillAllAsync()
    {
        while (true)
        {
            var claimed = await _bench.ClaimAsync();
            if (claimed.Count == 0) break;
            foreach (var delivery in claimed) await _bench.Queue.SettleAsync(delivery, new Verdict(DeliveryEnd.Dead, TryFailure.Refused), 500, default);
        }
    }

    private async Task PruneAsync()
    {
        while (await _bench.Log.PruneAsync(default) >= DeliveryLog.Batch) { }
    }
}
