using System.Data.Common;
using Dapper;
using Rouse.Core.Tenancy;
using Rouse.Core.Webhooks;
using Rouse.Store.Secrets;

namespace Rouse.Store.Webhooks;

/// <param name="Url">http(s), unique within the tenant.</param>
public sealed record NewWebhook(WebhookId Id, string Url, EventFilter Events, string? Description, bool IsEnabled);

/// <summary>What is to be changed; null leaves it.</summary>
public sealed record WebhookChange(string? Url, EventFilter? Events, string? Description, bool? IsEnabled);

public enum WebhookOutcome
{
    Done,
    NotFound,

    /// <summary>The tenant has an endpoint of this URL already.</summary>
    Exists,

    /// <summary>The tenant has <see cref="WebhookStore.MostPerTenant"/> already.</summary>
    TooMany,
}

/// <summary>
/// The endpoints that a tenant's webhooks go to: one per URL, so that one secret signs what arrives there. Secrets lie in the vault, sealed,
/// under the endpoint's id and the number of their version.
/// </summary>
public sealed class WebhookStore(Database database, TimeProvider time)
{
    /// <summary>Each event looks at all of them.</summary>
    public const int MostPerTenant = 50;

    /// <summary>The word that a version of a secret is kept under.</summary>
    public static string SecretKind(int version) => FormattableString.Invariant($"webhook_secret_{version}");

    /// <summary>
    /// Inserts an endpoint. One that stood for a deployment's URL becomes it, and keeps its id; its former secret signs on for <paramref name="overlap"/>.
    /// </summary>
    /// <param name="seal">From the id and the version of the new secret to what is kept of it. Called outside of any transaction: it may need the store itself.</param>
    public async ValueTask<(WebhookOutcome Outcome, WebhookEndpoint? Endpoint)> CreateAsync(
        TenantId tenant, NewWebhook webhook, Func<WebhookId, int, SealedSecret> seal, TimeSpan overlap, CancellationToken ct)
    {
        while (true)
        {
            var known = await database.ReadAsync(
                async connection => await connection.QueryFirstOrDefaultAsync<EndpointRow>(
                    "select id, secret_version from webhook_endpoints where tenant = @tenant and url = @Url and kind <> 'jobs' and deleted = 0", new { tenant = tenant.Value, webhook.Url }),
                ct);
            var (id, version) = known is null ? (webhook.Id, 1) : (WebhookId.Parse(known.Id), (int)known.SecretVersion + 1);
            var secret = new VersionedSecret(id, version, seal(id, version));
            if (await database.WriteAsync(connection => CreateAsync(connection, tenant, webhook, secret, overlap), ct) is { } ended) return ended;
        }
    }

    public ValueTask<WebhookEndpoint?> GetAsync(TenantId tenant, WebhookId id, CancellationToken ct) =>
        database.ReadAsync(connection => FindAsync(connection, tenant, id), ct);

    /// <summary>A page, the oldest first.</summary>
    /// <param name="after">The last of the page before.</param>
    public ValueTask<IReadOnlyList<WebhookEndpoint>> ListAsync(TenantId tenant, int limit, (DateTimeOffset CreatedAt, WebhookId Id)? after, CancellationToken ct) =>
        database.ReadAsync<IReadOnlyList<WebhookEndpoint>>(
            async connection =>
            [
                .. (await connection.QueryAsync<EndpointRow>(
                    $"""
                    select {EndpointRow.Seen} from webhook_endpoints
                    where tenant = @tenant and kind <> 'jobs' and deleted = 0 and (created_at, id) > (@at, @id) order by created_at, id limit @limit
                    """,
                    new { tenant = tenant.Value, at = after?.CreatedAt.ToUnixTimeMilliseconds() ?? -1, id = after?.Id.Value ?? "", limit })).Select(row => row.ToEndpoint()),
            ],
            ct);

    public ValueTask<(WebhookOutcome Outcome, WebhookEndpoint? Endpoint)> UpdateAsync(TenantId tenant, WebhookId id, WebhookChange change, CancellationToken ct) =>
        database.WriteAsync<(WebhookOutcome, WebhookEndpoint?)>(
            async connection =>
            {
                if (await LockAsync(connection, tenant, id) is not { } row) return (WebhookOutcome.NotFound, null);
                if (change.Url is not null && await connection.ExecuteScalarAsync<long>(
                    "select count(*) from webhook_endpoints where tenant = @tenant and url = @Url and id <> @id and kind <> 'jobs' and deleted = 0",
                    new { tenant = tenant.Value, change.Url, id = id.Value }) > 0)
                {
                    return (WebhookOutcome.Exists, null);
                }

                await UpdateAsync(connection, row, change, time.UnixNow());
                return (WebhookOutcome.Done, await FindAsync(connection, tenant, id));
            },
            ct);

    /// <summary>Nothing more is sent to it, and nobody sees it any more; its log goes bit by bit.</summary>
    /// <returns>False when the tenant has no such endpoint.</returns>
    public ValueTask<bool> RemoveAsync(TenantId tenant, WebhookId id, CancellationToken ct) => database.WriteAsync(
        async connection =>
        {
            var removed = await connection.ExecuteAsync(
                "update webhook_endpoints set deleted = 1, enabled = 0, next_at = null where id = @id and tenant = @tenant and kind <> 'jobs' and deleted = 0",
                new { id = id.Value, tenant = tenant.Value });
            if (removed == 1) await connection.ExecuteAsync("delete from secrets where tenant = @tenant and owner = @id", new { id = id.Value, tenant = tenant.Value });
            return removed == 1;
        },
        ct);

    /// <summary>A new secret; the present one signs on for <paramref name="overlap"/>, one before it no more.</summary>
    /// <param name="seal">As for creating.</param>
    /// <param name="unless">Does nothing when it has a secret already: for the first of an endpoint that nobody created.</param>
    public async ValueTask<WebhookEndpoint?> RotateAsync(
        TenantId tenant, WebhookId id, Func<WebhookId, int, SealedSecret> seal, TimeSpan overlap, bool unless, CancellationToken ct)
    {
        while (true)
        {
            if (await GetAsync(tenant, id, ct) is not { } known || (unless && known.SecretVersion > 0)) return await GetAsync(tenant, id, ct);
            var version = known.SecretVersion + 1;
            var secret = new VersionedSecret(id, version, seal(id, version));
            var rotated = await database.WriteAsync(
                async connection =>
                {
                    if (await LockAsync(connection, tenant, id) is not { } row || row.SecretVersion + 1 != version) return false;
                    await RotateAsync(connection, tenant, row, secret, overlap, time.UnixNow());
                    return true;
                },
                ct);
            if (rotated) return await GetAsync(tenant, id, ct);
        }
    }

    /// <returns>Null when the endpoint, or its version, is another by now, so that the secret was sealed for the wrong one.</returns>
    private async ValueTask<(WebhookOutcome, WebhookEndpoint?)?> CreateAsync(DbConnection connection, TenantId tenant, NewWebhook webhook, VersionedSecret secret, TimeSpan overlap)
    {
        var now = time.UnixNow();
        var args = new { tenant = tenant.Value, webhook.Url };
        var count = await connection.ExecuteScalarAsync<long>("select count(*) from webhook_endpoints where tenant = @tenant and kind = 'created' and deleted = 0", args);
        if (count >= MostPerTenant) return (WebhookOutcome.TooMany, null);
        await connection.ExecuteAsync(
            """
            insert into webhook_endpoints (id, tenant, kind, url, events, wants_jobs, enabled, created_at, updated_at)
            values (@id, @tenant, 'implicit', @Url, '*', 0, 1, @now, @now) on conflict do nothing
            """,
            new { id = webhook.Id.Value, args.tenant, args.Url, now });
        var row = await connection.QuerySingleAsync<EndpointRow>(
            $"""
            select id, kind, enabled, paused_until, secret_version from webhook_endpoints
            where tenant = @tenant and url = @Url and kind <> 'jobs' and deleted = 0{database.Dialect.ForUpdate()}
            """,
            args);
        if (row.Kind == EndpointRow.Created) return (WebhookOutcome.Exists, null);
        if (row.Id != secret.Endpoint.Value || row.SecretVersion + 1 != secret.Version) return null;
        await connection.ExecuteAsync("update webhook_endpoints set kind = 'created' where id = @Id", new { row.Id });
        await UpdateAsync(connection, row, new WebhookChange(null, webhook.Events, webhook.Description, webhook.IsEnabled), now);
        await RotateAsync(connection, tenant, row, secret, overlap, now);
        return (WebhookOutcome.Done, await FindAsync(connection, tenant, secret.Endpoint));
    }

    private static async ValueTask RotateAsync(
        DbConnection connection, TenantId tenant, EndpointRow row, VersionedSecret secret, TimeSpan overlap, long now)
    {
        var version = secret.Version;
        await SecretStore.PutAsync(connection, tenant, row.Id, secret.Sealed, now);
        var until = version == 1 || overlap == TimeSpan.Zero ? (long?)null : now + (long)overlap.TotalMilliseconds;
        var kinds = new { tenant = tenant.Value, owner = row.Id, present = SecretKind(version), former = until is null ? SecretKind(version) : SecretKind(version - 1) };
        await connection.ExecuteAsync("delete from secrets where tenant = @tenant and owner = @owner and kind not in (@present, @former)", kinds);
        await connection.ExecuteAsync(
            "update webhook_endpoints set secret_version = @version, old_secret_until = @until, updated_at = @now where id = @Id",
            new { version = (long)version, until, now, row.Id });
    }

    private static async ValueTask UpdateAsync(DbConnection connection, EndpointRow row, WebhookChange change, long now)
    {
        var enabled = change.IsEnabled ?? row.Enabled == 1;
        // Whoever enables it wants to see it tried, not to wait for what a former receiver asked for.
        if (change.IsEnabled == true || change.Url is not null) row.PausedUntil = 0;
        await connection.ExecuteAsync(
            """
            update webhook_endpoints set
                url = coalesce(@Url, url), events = coalesce(@events, events), wants_jobs = coalesce(@jobs, wants_jobs), description = coalesce(@Description, description),
                disabled_because = case when @enabled = 1 then null when enabled = 1 then 'owner' else disabled_because end,
                enabled = @enabled, paused_until = @PausedUntil, updated_at = @now
            where id = @Id
            """,
            new
            {
                row.Id, row.PausedUntil, change.Url, events = change.Events?.ToString(), jobs = change.Events is { } events ? events.WantsJobs ? 1L : 0 : (long?)null,
                change.Description, enabled = enabled ? 1 : 0, now,
            });
        await EndpointClock.SetAsync(connection, row.Id, enabled, row.PausedUntil, now);
    }

    private static async ValueTask<WebhookEndpoint?> FindAsync(DbConnection connection, TenantId tenant, WebhookId id) =>
        (await connection.QueryFirstOrDefaultAsync<EndpointRow>(
            $"select {EndpointRow.Seen} from webhook_endpoints where id = @id and tenant = @tenant and kind <> 'jobs' and deleted = 0",
            new { id = id.Value, tenant = tenant.Value }))?.ToEndpoint();

    private async ValueTask<EndpointRow?> LockAsync(DbConnection connection, TenantId tenant, WebhookId id) => await connection.QueryFirstOrDefaultAsync<EndpointRow>(
        $"select id, enabled, paused_until, secret_version from webhook_endpoints where id = @id and tenant = @tenant and kind <> 'jobs' and deleted = 0{database.Dialect.ForUpdate()}",
        new { id = id.Value, tenant = tenant.Value });

    private sealed record VersionedSecret(WebhookId Endpoint, int Version, SealedSecret Sealed);
}
