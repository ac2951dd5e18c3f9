using System.Data.Common;
using System.Globalization;
using Dapper;
using Rouse.Core.Tenancy;
using Rouse.Core.Webhooks;

namespace Rouse.Store.Webhooks;

/// <summary>Where a page of the log ended.</summary>
public sealed record DeliveryCursor(DateTimeOffset CreatedAt, string Message)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{CreatedAt.ToUnixTimeMilliseconds()}.{Message}");

    public static bool TryParse(string? text, out DeliveryCursor? cursor)
    {
        cursor = null;
        if (text?.Split('.') is not [var at, { Length: > 0 and <= 200 } message] || message.AsSpan().ContainsAnyExceptInRange('!', '~')) return false;
        if (!long.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out var ms) || ms > DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()) return false;
        cursor = new DeliveryCursor(UnixTime.From(ms), message);
        return true;
    }
}

/// <param name="State">One of <see cref="DeliveryStates"/>; null for all.</param>
/// <param name="Limit">At least 1.</param>
public sealed record DeliveryQuery(string? State, int Limit, DeliveryCursor? After = null);

/// <param name="Next">Null on the last page.</param>
public sealed record DeliveryPage(IReadOnlyList<DeliveryEntry> Items, DeliveryCursor? Next);

/// <summary>What was sent to an endpoint and what came of it; sending it again; forgetting it.</summary>
public sealed class DeliveryLog(Database database, TimeProvider time)
{
    /// <summary>Long enough to look back over a week.</summary>
    public static readonly TimeSpan DeliveredKept = TimeSpan.FromDays(7);

    /// <summary>Dead letters, and what waits for an endpoint that is disabled.</summary>
    public static readonly TimeSpan DeadKept = TimeSpan.FromDays(30);

    /// <summary>Rows of one transaction: the store's other writers wait for no more than this.</summary>
    public const int Batch = 500;

    /// <summary>Newest first.</summary>
    public ValueTask<DeliveryPage> ListAsync(TenantId tenant, WebhookId endpoint, DeliveryQuery query, CancellationToken ct) => database.ReadAsync(
        async connection =>
        {
            var rows = (await connection.QueryAsync<EntryRow>(
                $"""
                select message, type, state, tries, all_tries, status, failure, created_at, tried_at, next_at, ended_at from webhook_deliveries
                where endpoint = @endpoint and tenant = @tenant and (created_at, message) < (@at, @message){(query.State is null ? "" : " and state = @state")}
                order by created_at desc, message desc limit @limit
                """,
                new
                {
                    endpoint = endpoint.Value, tenant = tenant.Value, state = query.State, limit = query.Limit + 1,
                    at = query.After?.CreatedAt.ToUnixTimeMilliseconds() ?? long.MaxValue, message = query.After?.Message ?? "",
                })).Select(row => row.ToEntry()).ToList();
            var more = rows.Count > query.Limit;
            if (more) rows.RemoveAt(rows.Count - 1);
            return new DeliveryPage(rows, more ? new DeliveryCursor(rows[^1].CreatedAt, rows[^1].Message) : null);
        },
        ct);

    /// <summary>Due now, whatever its state was, with all tries of the schedule before it. One that is being sent is left to it.</summary>
    /// <returns>False when this endpoint has no such delivery.</returns>
    public ValueTask<bool> ResendAsync(TenantId tenant, WebhookId endpoint, string message, CancellationToken ct) => database.WriteAsync(
        async connection =>
        {
            var row = await LockAsync(connection, tenant, endpoint);
            if (row is null) return false;
            var args = new { endpoint = row.Id, message, now = time.UnixNow() };
            if (await connection.ExecuteAsync($"{Again} where endpoint = @endpoint and message = @message and state <> 'sending'", args) == 0)
            {
                return await connection.ExecuteScalarAsync<long>("select count(*) from webhook_deliveries where endpoint = @endpoint and message = @message", args) > 0;
            }

            await EndpointClock.SetAsync(connection, row.Id, row.Enabled == 1, row.PausedUntil, args.now);
            return true;
        },
        ct);

    /// <summary>The same for a batch of dead letters, the oldest first; to be called until it answers less than <see cref="Batch"/>.</summary>
    public ValueTask<int> ResendDeadAsync(TenantId tenant, WebhookId endpoint, CancellationToken ct) => database.WriteAsync(
        async connection =>
        {
            var row = await LockAsync(connection, tenant, endpoint);
            if (row is null) return 0;
            var args = new { endpoint = row.Id, now = time.UnixNow(), Batch };
            var count = await connection.ExecuteAsync(
                $"""
                {Again} where endpoint = @endpoint and message in
                    (select message from webhook_deliveries where endpoint = @endpoint and state = 'dead' order by next_at limit @Batch)
                """,
                args);
            await EndpointClock.SetAsync(connection, row.Id, row.Enabled == 1, row.PausedUntil, args.now);
            return count;
        },
        ct);

    /// <summary>Queues an event for this endpoint alone, whatever its filter says.</summary>
    /// <returns>False when there is no such endpoint.</returns>
    public ValueTask<bool> AddAsync(WebhookEvent news, WebhookId endpoint, CancellationToken ct) => database.WriteAsync(
        async connection =>
        {
            var row = await LockAsync(connection, news.Tenant, endpoint);
            if (row is null) return false;
            var now = time.UnixNow();
            await WebhookOutbox.AddAsync(connection, row, news.Id, news.Tenant, news.Type, url: null, news.Write(), now);
            await EndpointClock.SetAsync(connection, row.Id, row.Enabled == 1, row.PausedUntil, now);
            return true;
        },
        ct);

    /// <summary>Forgets a batch of what has been kept long enough, and what belongs to endpoints that were removed.</summary>
    /// <returns>How many rows went; to be called until it answers less than <see cref="Batch"/>.</returns>
    public ValueTask<int> PruneAsync(CancellationToken ct) => database.WriteAsync(
        async connection =>
        {
            var now = time.UnixNow();
            var args = new { now, old = now - (long)DeadKept.TotalMilliseconds, Batch };
            var rows = await connection.ExecuteAsync(Delete("state in ('delivered', 'dead') and next_at <= @now"), args);
            if (rows < Batch) rows += await connection.ExecuteAsync(Delete("endpoint in (select id from webhook_endpoints where deleted = 1)"), args);
            if (rows < Batch) rows += await connection.ExecuteAsync(Delete("state = 'waiting' and created_at <= @old and endpoint in (select id from webhook_endpoints where enabled = 0)"), args);
            // An endpoint goes after its deliveries; a host that jobs told of, when nothing waits for it.
            await connection.ExecuteAsync(
                """
                delete from webhook_endpoints where (deleted = 1 or (kind = 'jobs' and next_at is null and updated_at <= @old))
                    and not exists (select 1 from webhook_deliveries d where d.endpoint = webhook_endpoints.id)
                """,
                args);
            return rows;
        },
        ct);

    private const string Again = "update webhook_deliveries set state = 'waiting', tries = 0, next_at = @now, ended_at = null, held_by = null";

    private static string Delete(string condition) =>
        $"delete from webhook_deliveries where (endpoint, message) in (select endpoint, message from webhook_deliveries where {condition} limit @Batch)";

    private async ValueTask<EndpointRow?> LockAsync(DbConnection connection, TenantId tenant, WebhookId id) => await connection.QueryFirstOrDefaultAsync<EndpointRow>(
        $"""
        select id, enabled, next_at, is_full, paused_until from webhook_endpoints
        where id = @id and tenant = @tenant and kind <> 'jobs' and deleted = 0{database.Dialect.ForUpdate()}
        """,
        new { id = id.Value, tenant = tenant.Value });

    private sealed class EntryRow
    {
        public string Message { get; set; } = "";
        public string Type { get; set; } = "";
        public string State { get; set; } = "";
        public long Tries { get; set; }
        public long AllTries { get; set; }
        public long? Status { get; set; }
        public string? Failure { get; set; }
        public long CreatedAt { get; set; }
        public long? TriedAt { get; set; }
        public long NextAt { get; set; }
        public long? EndedAt { get; set; }

        public DeliveryEntry ToEntry() => new(
            Message, Type, State, (int)Tries, (int)AllTries, (int?)Status, Enum.TryParse<TryFailure>(Failure, out var failure) ? failure : TryFailure.None,
            UnixTime.From(CreatedAt), UnixTime.From(TriedAt), State == DeliveryStates.Waiting ? UnixTime.From(NextAt) : null, UnixTime.From(EndedAt));
    }
}
