using System.Security.Cryptography;
using System.Text;
using Dapper;
using Rouse.Core;
using Rouse.Core.Tenancy;
using Rouse.Core.Webhooks;
using Rouse.Store.Secrets;
using Rouse.Store.Webhooks;
using Rouse.TestKit.Time;

namespace Rouse.Store.Tests.Webhooks;

/// <summary>The webhook stores on a database of their own, a tenant, a clock that stands still.</summary>
internal sealed class WebhookBench(Database database, ManualTime time)
{
    private int _events;

    public ManualTime Time => time;

    public WebhookStore Store { get; } = new(database, time);

    public DeliveryLog Log { get; } = new(database, time);

    public DeliveryQueue Queue { get; } = new(database, time, "bench");

    public TenantId Tenant { get; } = TenantId.Parse("t" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)));

    public static WebhookId NewId() => WebhookId.From(RandomNumberGenerator.GetBytes(Ids.RandomBytes));

    /// <summary>What the tests before left: a queue serves all tenants.</summary>
    public async Task ClearAsync() => await database.WriteAsync(
        async connection => await connection.ExecuteAsync("delete from webhook_deliveries; delete from webhook_endpoints"));

    /// <summary>What a cipher would make of a secret; its words tell the version.</summary>
    public static SealedSecret Seal(WebhookId id, int version) => new(WebhookStore.SecretKind(version), "none", Encoding.UTF8.GetBytes($"{id}/{version}"));

    public async Task<WebhookId> CreateAsync(string url, string events = "*")
    {
        var (outcome, endpoint) = await Store.CreateAsync(Tenant, new NewWebhook(NewId(), url, EventFilter.Parse(events), null, IsEnabled: true), Seal, TimeSpan.Zero, default);
        Assert.Equal(WebhookOutcome.Done, outcome);
        return endpoint!.Id;
    }

    /// <summary>Something happened; answers its id and how many endpoints are told.</summary>
    public async Task<(string Id, int Told)> PublishAsync(string type = EventTypes.Ready, string? url = null, string filter = "*")
    {
        var id = $"msg_{Tenant}_{++_events}";
        var news = new WebhookEvent(id, Tenant, type, () => Encoding.UTF8.GetBytes(id)) { Url = url, UrlEvents = EventFilter.Parse(filter) };
        return (id, await database.WriteAsync(connection => WebhookOutbox.PublishAsync(connection, database.Dialect, news, time.UnixNow())));
    }

    /// <summary>What is due, of this tenant.</summary>
    public async Task<List<Delivery>> ClaimAsync(int healthy = 100, int failing = 100) =>
        [.. (await Queue.ClaimAsync(healthy, failing, default)).Where(delivery => delivery.Tenant == Tenant)];

    public async Task<Verdict> SettleAsync(Delivery delivery, int status, TimeSpan? retryAfter = null)
    {
        var verdict = DeliveryRules.Judge(delivery.Policy, delivery.Tries, new TryResult(status, RetryAfter: retryAfter), time.GetUtcNow(), chance: 0);
        await Queue.SettleAsync(delivery, verdict, status, default);
        return verdict;
    }

    public async Task<WebhookEndpoint> GetAsync(WebhookId id) => (await Store.GetAsync(Tenant, id, default))!;

    public async Task<IReadOnlyList<DeliveryEntry>> EntriesAsync(WebhookId id, string? state = null) =>
        (await Log.ListAsync(Tenant, id, new DeliveryQuery(state, 1000), default)).Items;
}
