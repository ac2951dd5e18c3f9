using System.Data.Common;
using Dapper;
using Rouse.Core.Tenancy;

namespace Rouse.Store.Jobs;

/// <summary>A webhook to be sent, queued in the same transaction as what it tells of.</summary>
/// <param name="Id">The same on every try, so that receivers can drop repeats. No dot in it (Standard Webhooks 1.0).</param>
/// <param name="Tenant">Whose.</param>
/// <param name="Kind">One of <see cref="DeliveryKinds"/>: says how it is sent and how often.</param>
/// <param name="Url">http(s).</param>
/// <param name="Body">JSON in UTF-8.</param>
public sealed record NewDelivery(string Id, TenantId Tenant, string Kind, string Url, byte[] Body);

/// <param name="Tries">1 on the first.</param>
public sealed record Delivery(string Id, TenantId Tenant, string Kind, string Url, byte[] Body, int Tries);

public static class DeliveryKinds
{
    public const string Job = "job";
    public const string Deployment = "deployment";
}

/// <summary>Webhooks that wait. At least once: a claim that is not settled in time is claimed again.</summary>
public sealed class DeliveryStore(Database database, TimeProvider time)
{
    private readonly string _claim = $"""
        with next as materialized (select id as next_id from deliveries where next_at <= @Now order by next_at limit @Most{database.Dialect.ForUpdateSkipLocked()})
        update deliveries set tries = tries + 1, next_at = @Until from next where id = next_id
        returning id, tenant, kind, url, body, tries
        """;

    /// <summary>For use within a transaction.</summary>
    public static async ValueTask QueueAsync(DbConnection connection, NewDelivery delivery, long nowMs) => await connection.ExecuteAsync("""
        insert into deliveries (id, tenant, kind, url, tries, next_at, created_at, body) values (@Id, @Tenant, @Kind, @Url, 0, @nowMs, @nowMs, @Body)
        """, new { delivery.Id, Tenant = delivery.Tenant.Value, delivery.Kind, delivery.Url, delivery.Body, nowMs });

    /// <summary>Takes what is due and counts the try; nobody else gets it for <paramref name="hold"/>.</summary>
    public ValueTask<IReadOnlyList<Delivery>> ClaimAsync(int most, TimeSpan hold, CancellationToken ct)
    {
        var now = Now();
        var args = new { Now = now, Most = most, Until = now + (long)hold.TotalMilliseconds };
        return database.WriteAsync<IReadOnlyList<Delivery>>(
            async connection => [.. (await connection.QueryAsync<DeliveryRow>(_claim, args)).Select(row => row.ToDelivery())], ct);
    }

    /// <summary>Delivered, or given up.</summary>
    public async ValueTask RemoveAsync(string id, CancellationToken ct) =>
        await database.WriteAsync(async connection => await connection.ExecuteAsync("delete from deliveries where id = @id", new { id }), ct);

    public async ValueTask PostponeAsync(string id, TimeSpan wait, CancellationToken ct)
    {
        var args = new { id, at = Now() + (long)wait.TotalMilliseconds };
        await database.WriteAsync(async connection => await connection.ExecuteAsync("update deliveries set next_at = @at where id = @id", args), ct);
    }

    /// <summary>When the next one is due; null when none waits.</summary>
    public ValueTask<DateTimeOffset?> NextAsync(CancellationToken ct) => database.ReadAsync<DateTimeOffset?>(async connection =>
        await connection.ExecuteScalarAsync<long?>("select min(next_at) from deliveries") is { } ms ? DateTimeOffset.FromUnixTimeMilliseconds(ms) : null, ct);

    private long Now() => time.GetUtcNow().ToUnixTimeMilliseconds();

    private sealed class DeliveryRow
    {
        public string Id { get; set; } = "";
        public string Tenant { get; set; } = "";
        public string Kind { get; set; } = "";
        public string Url { get; set; } = "";
        public byte[] Body { get; set; } = [];
        public long Tries { get; set; }

        public Delivery ToDelivery() => new(Id, TenantId.Parse(Tenant), Kind, Url, Body, (int)Tries);
    }
}
