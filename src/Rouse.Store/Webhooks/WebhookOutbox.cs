using System.Data.Common;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using Rouse.Core.Tenancy;
using Rouse.Core.Webhooks;

namespace Rouse.Store.Webhooks;

/// <summary>
/// Queues webhooks within the transaction of what they tell of: either both are durable or neither is. The rows of the endpoints are held in the order
/// of their ids until the commit, so that a sender that looks meanwhile cannot overlook what is being queued.
/// </summary>
internal static class WebhookOutbox
{
    /// <returns>How many endpoints are told.</returns>
    public static async ValueTask<int> PublishAsync(DbConnection connection, SqlDialect dialect, WebhookEvent news, long now)
    {
        var tenant = news.Tenant.Value;
        var own = news.Url is not null && news.UrlEvents.Matches(news.Type) ? news.Url : null;
        if (own is not null) await EnsureAsync(connection, news.Tenant, own, news.Id, now);
        var isOfJob = news.Type.StartsWith("job.", StringComparison.Ordinal) ? 1 : 0;
        var rows = await connection.QueryAsync<EndpointRow>(
            $"""
            select id, url, events, next_at, is_full, paused_until from webhook_endpoints
            where deleted = 0 and enabled = 1
                and ((tenant = @tenant and kind = 'created' and wants_jobs >= @isOfJob) or (tenant = @tenant and url = @own and kind <> 'jobs'))
            order by id{dialect.ForUpdate()}
            """,
            new { tenant, own, isOfJob });
        byte[]? body = null;
        var told = 0;
        foreach (var row in rows)
        {
            if (row.Url != own && !EventFilter.Parse(row.Events).Matches(news.Type)) continue;
            await AddAsync(connection, row, news.Id, news.Tenant, news.Type, url: null, body ??= news.Write(), now);
            told++;
        }

        return told;
    }

    public static async ValueTask QueueAsync(DbConnection connection, JobWebhook webhook, long now)
    {
        var host = new Uri(webhook.Url).GetLeftPart(UriPartial.Authority);
        var id = "job:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{webhook.Tenant}|{host}")).AsSpan(0, 16));
        // The update holds the row, as a select for update would.
        var row = await connection.QuerySingleAsync<EndpointRow>(
            """
            insert into webhook_endpoints (id, tenant, kind, url, events, wants_jobs, enabled, created_at, updated_at)
            values (@id, @tenant, 'jobs', @host, '*', 0, 1, @now, @now) on conflict (id) do update set updated_at = excluded.updated_at
            returning id, next_at, is_full, paused_until
            """,
            new { id, tenant = webhook.Tenant.Value, host, now });
        await AddAsync(connection, row, webhook.Id, webhook.Tenant, "job", webhook.Url, webhook.Body, now);
    }

    /// <summary>There is an endpoint for this URL of a deployment's from now on, whoever made it.</summary>
    /// <param name="salt">Never the same for two calls with one URL, so that ids are not used again.</param>
    public static async ValueTask EnsureAsync(DbConnection connection, TenantId tenant, string url, string salt, long now)
    {
        var bits = SHA256.HashData(Encoding.UTF8.GetBytes($"{tenant}|{url}|{salt}")).AsSpan(0, 16);
        await connection.ExecuteAsync(
            """
            insert into webhook_endpoints (id, tenant, kind, url, events, wants_jobs, enabled, created_at, updated_at)
            values (@id, @tenant, 'implicit', @url, @events, 0, 1, @now, @now) on conflict do nothing
            """,
            new { id = WebhookId.From(bits).Value, tenant = tenant.Value, url, events = EventFilter.Default.ToString(), now });
    }

    /// <summary>A deployment names the URL anew: should its receiver once have answered 410, it is told again.</summary>
    public static async ValueTask NameAsync(DbConnection connection, TenantId tenant, string url, string salt, long now)
    {
        await EnsureAsync(connection, tenant, url, salt, now);
        var id = await connection.ExecuteScalarAsync<string?>(
            """
            update webhook_endpoints set enabled = 1, disabled_because = null, paused_until = 0
            where tenant = @tenant and url = @url and kind <> 'jobs' and deleted = 0 and disabled_because = 'gone' returning id
            """,
            new { tenant = tenant.Value, url });
        if (id is not null) await EndpointClock.SetAsync(connection, id, isOpen: true, pausedUntil: 0, now);
    }

    /// <param name="endpoint">Held by the transaction.</param>
    /// <param name="url">Null for the endpoint's own.</param>
    public static async ValueTask AddAsync(
        DbConnection connection, EndpointRow endpoint, string message, TenantId tenant, string type, string? url, byte[] body, long now)
    {
        var args = new { endpoint = endpoint.Id, message, tenant = tenant.Value, type, url, body, now };
        var added = await connection.ExecuteAsync(
            """
            insert into webhook_deliveries (endpoint, message, tenant, type, url, state, next_at, created_at)
            values (@endpoint, @message, @tenant, @type, @url, 'waiting', @now, @now) on conflict do nothing
            """,
            args);
        if (added == 0) return;
        await connection.ExecuteAsync("insert into webhook_bodies (endpoint, message, body) values (@endpoint, @message, @body)", args);
        var due = Math.Max(now, endpoint.PausedUntil);
        // A full endpoint is looked at when one of its tries ends.
        if (endpoint.IsFull == 1 || endpoint.NextAt <= due) return;
        await connection.ExecuteAsync("update webhook_endpoints set next_at = @due where id = @id", new { due, id = endpoint.Id });
    }
}
