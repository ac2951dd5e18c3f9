using System.Data.Common;
using Dapper;
using Rouse.Core.Tenancy;
using Rouse.Core.Webhooks;

namespace Rouse.Store.Webhooks;

/// <summary>
/// What is due to be sent. At least once: a try that is not settled in time is made again. Turns are by endpoint, and those that fail have turns of
/// their own, so neither a long queue nor many dead receivers keep a healthy one waiting.
/// </summary>
/// <param name="owner">Who claims; what it held when it died is its own again at once (<see cref="ReleaseAsync"/>).</param>
public sealed class DeliveryQueue(Database database, TimeProvider time, string owner)
{
    /// <summary>How long a claim stands: twice the longest try, so that a slow commit loses none.</summary>
    public static readonly TimeSpan Hold = 2 * DeliveryRules.Timeout;

    /// <summary>Endpoints of one claim: enough to fill the sender, few enough that the transaction stays short.</summary>
    private const int EndpointsAtOnce = 32;

    private readonly string _due = $"""
        select id, tenant, kind, url, secret_version, old_secret_until, failing, paused_until from webhook_endpoints
        where failing = @failing and next_at <= @now order by next_at limit @most{database.Dialect.ForUpdateSkipLocked()}
        """;

    private const string Forgotten = """
        update webhook_deliveries set state = 'waiting', held_by = null where endpoint = @endpoint and state = 'sending' and next_at <= @now
        """;

    // A CTE, because a plan may run an `in (select … limit)` more than once and take more rows than asked for.
    private const string Take = """
        with next as materialized (
            select message as next_message from webhook_deliveries
            where endpoint = @endpoint and state = 'waiting' and next_at <= @now order by next_at limit @room)
        update webhook_deliveries set state = 'sending', held_by = @owner, tries = tries + 1, all_tries = all_tries + 1, next_at = @until, tried_at = @now
        from next where endpoint = @endpoint and message = next_message
        returning message, url, tries, all_tries,
            (select body from webhook_bodies b where b.endpoint = webhook_deliveries.endpoint and b.message = webhook_deliveries.message) as body
        """;

    /// <summary>Queues what is part of no other change: durable when this returns.</summary>
    /// <returns>How many endpoints are told, over all.</returns>
    public ValueTask<int> PublishAsync(IReadOnlyList<WebhookEvent> news, CancellationToken ct) => database.WriteAsync(
        async connection =>
        {
            var told = 0;
            foreach (var one in news) told += await WebhookOutbox.PublishAsync(connection, database.Dialect, one, time.UnixNow());
            return told;
        },
        ct);

    /// <summary>Takes what is due and counts the try; nobody else gets it for <see cref="Hold"/>.</summary>
    /// <param name="healthy">Most for endpoints whose last try succeeded.</param>
    /// <param name="failing">Most for the others.</param>
    public ValueTask<IReadOnlyList<Delivery>> ClaimAsync(int healthy, int failing, CancellationToken ct) => database.WriteAsync<IReadOnlyList<Delivery>>(
        async connection =>
        {
            var now = time.UnixNow();
            List<Delivery> taken = [];
            await ClaimAsync(connection, 0, healthy, now, taken);
            await ClaimAsync(connection, 1, failing, now, taken);
            return taken;
        },
        ct);

    /// <summary>Writes down what came of a try.</summary>
    /// <param name="status">Of the answer, if there was one.</param>
    /// <returns>False when it was not this try's any more.</returns>
    public ValueTask<bool> SettleAsync(Delivery delivery, Verdict verdict, int? status, CancellationToken ct) => database.WriteAsync(
        async connection =>
        {
            var now = time.UnixNow();
            var row = await connection.QueryFirstOrDefaultAsync<EndpointRow>(
                $"select id, enabled, deleted, paused_until from webhook_endpoints where id = @Endpoint{database.Dialect.ForUpdate()}", new { delivery.Endpoint });
            if (row is null) return false;
            var settled = await SettleAsync(connection, delivery, verdict, status, now);
            if (verdict.Disable) row.Enabled = 0;
            row.PausedUntil = Math.Max(row.PausedUntil, verdict.PausedUntil?.ToUnixTimeMilliseconds() ?? 0);
            if (row.PausedUntil <= now) row.PausedUntil = 0;
            await connection.ExecuteAsync(
                """
                update webhook_endpoints set failing = @failing, paused_until = @PausedUntil, enabled = @Enabled,
                    disabled_because = case when @disable = 1 then 'gone' else disabled_because end
                where id = @Id
                """,
                new { row.Id, row.PausedUntil, row.Enabled, failing = verdict.End == DeliveryEnd.Delivered ? 0 : 1, disable = verdict.Disable ? 1 : 0 });
            await EndpointClock.SetAsync(connection, row.Id, row is { Enabled: 1, Deleted: 0 }, row.PausedUntil, now);
            return settled;
        },
        ct);

    /// <summary>When the next is due, for the endpoints that are well and for those that fail; null when none waits.</summary>
    public ValueTask<(DateTimeOffset? Healthy, DateTimeOffset? Failing)> NextAsync(CancellationToken ct) => database.ReadAsync(
        async connection =>
        {
            const string Next = "select min(next_at) from webhook_endpoints where next_at is not null and failing = @failing";
            var healthy = await connection.ExecuteScalarAsync<long?>(Next, new { failing = 0L });
            var failing = await connection.ExecuteScalarAsync<long?>(Next, new { failing = 1L });
            return (UnixTime.From(healthy), UnixTime.From(failing));
        },
        ct);

    /// <summary>For the start: what this owner held before it died is sent again now, not when the hold runs out.</summary>
    public ValueTask<int> ReleaseAsync(CancellationToken ct) => database.WriteAsync(
        async connection =>
        {
            var now = time.UnixNow();
            var args = new { now, owner };
            // Endpoints before deliveries, as everywhere: two transactions that lock both never wait for each other in a circle.
            var endpoints = (await connection.QueryAsync<EndpointRow>(
                $"""
                select id, enabled, deleted, paused_until from webhook_endpoints
                where id in (select endpoint from webhook_deliveries where state = 'sending' and held_by = @owner) order by id{database.Dialect.ForUpdate()}
                """,
                args)).ToList();
            var released = await connection.ExecuteAsync(
                "update webhook_deliveries set state = 'waiting', held_by = null, next_at = @now where state = 'sending' and held_by = @owner", args);
            foreach (var row in endpoints) await EndpointClock.SetAsync(connection, row.Id, row is { Enabled: 1, Deleted: 0 }, row.PausedUntil, now);
            return released;
        },
        ct);

    private async ValueTask ClaimAsync(DbConnection connection, int failing, int room, long now, List<Delivery> taken)
    {
        if (room <= 0) return;
        var endpoints = await connection.QueryAsync<EndpointRow>(_due, new { failing = (long)failing, now, most = Math.Min(room, EndpointsAtOnce) });
        foreach (var endpoint in endpoints)
        {
            if (room == 0) break;
            await connection.ExecuteAsync(Forgotten, new { endpoint = endpoint.Id, now });
            var sending = await connection.ExecuteScalarAsync<long>(
                "select count(*) from webhook_deliveries where endpoint = @Id and state = 'sending'", new { endpoint.Id });
            var most = Math.Min(room, DeliveryRules.MostAtOnce - (int)sending);
            if (most > 0 && endpoint.PausedUntil <= now)
            {
                var args = new { endpoint = endpoint.Id, now, room = most, owner, until = now + (long)Hold.TotalMilliseconds };
                foreach (var row in (await connection.QueryAsync<TakenRow>(Take, args)).AsList())
                {
                    taken.Add(row.ToDelivery(endpoint, await SignerAsync(connection, endpoint, row.Url)));
                    room--;
                }
            }

            await EndpointClock.SetAsync(connection, endpoint.Id, isOpen: true, endpoint.PausedUntil, now);
        }
    }

    /// <summary>A job's own webhook is signed with the secret of the tenant's endpoint of that URL, whatever stands behind the question mark.</summary>
    private static async ValueTask<DeliverySigner?> SignerAsync(DbConnection connection, EndpointRow endpoint, string? url)
    {
        if (url is null) return endpoint.Signer;
        var bare = url.Split('?', '#')[0];
        var row = await connection.QueryFirstOrDefaultAsync<EndpointRow>(
            """
            select id, secret_version, old_secret_until from webhook_endpoints
            where tenant = @Tenant and url in (@url, @bare) and kind <> 'jobs' and deleted = 0 order by length(url) desc limit 1
            """,
            new { endpoint.Tenant, url, bare });
        return row?.Signer;
    }

    private static async ValueTask<bool> SettleAsync(DbConnection connection, Delivery delivery, Verdict verdict, int? status, long now)
    {
        var key = new { endpoint = delivery.Endpoint, message = delivery.Message, delivery.AllTries };
        // A success counts even when its hold has run out; a failure belongs to the try that holds the row.
        const string IsMine = "endpoint = @endpoint and message = @message and state = 'sending' and all_tries = @AllTries";
        if (delivery.Policy == DeliveryPolicy.Runpod && verdict.End != DeliveryEnd.None)
        {
            return await connection.ExecuteAsync($"delete from webhook_deliveries where {IsMine}", key) == 1;
        }

        var (state, next) = verdict.End switch
        {
            DeliveryEnd.Delivered => (DeliveryStates.Delivered, now + (long)DeliveryLog.DeliveredKept.TotalMilliseconds),
            DeliveryEnd.Dead => (DeliveryStates.Dead, now + (long)DeliveryLog.DeadKept.TotalMilliseconds),
            _ => (DeliveryStates.Waiting, verdict.NextAt!.Value.ToUnixTimeMilliseconds()),
        };
        return await connection.ExecuteAsync(
            $"""
            update webhook_deliveries set state = @state, held_by = null, next_at = @next, status = @status, failure = @failure, ended_at = @ended
            where {(verdict.End == DeliveryEnd.Delivered ? "endpoint = @endpoint and message = @message and state in ('waiting', 'sending')" : IsMine)}
            """,
            new
            {
                key.endpoint, key.message, key.AllTries, state, next, status = (long?)status, failure = verdict.Failure == TryFailure.None ? null : verdict.Failure.ToString(),
                ended = verdict.End == DeliveryEnd.None ? (long?)null : now,
            }) == 1;
    }

    private sealed class TakenRow
    {
        public string Message { get; set; } = "";
        public string? Url { get; set; }
        public long Tries { get; set; }
        public long AllTries { get; set; }
        public byte[] Body { get; set; } = [];

        public Delivery ToDelivery(EndpointRow endpoint, DeliverySigner? signer) => new(
            endpoint.Id, Message, TenantId.Parse(endpoint.Tenant), endpoint.Kind == EndpointRow.Jobs ? DeliveryPolicy.Runpod : DeliveryPolicy.Standard, Url ?? endpoint.Url, Body, (int)Tries,
            (int)AllTries, signer, endpoint.Failing == 1);
    }
}
