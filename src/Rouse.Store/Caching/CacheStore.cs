using System.Data.Common;
using Dapper;
using Rouse.Core.Caching;
using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;
using Rouse.Store.Ownership;

namespace Rouse.Store.Caching;

/// <summary>
/// What lies in object stores as far as this installation put it there. Everything about a fill is written under its lease: a holder that was paused
/// and replaced writes nothing more.
/// </summary>
public sealed partial class CacheStore(Database database, TimeProvider time)
{
    /// <param name="tenant">Null for the operator's store.</param>
    public ValueTask<CacheEntry?> FindAsync(TenantId? tenant, S3Location place, CancellationToken ct) => database.ReadAsync(
        async connection => (await connection.QuerySingleOrDefaultAsync<CacheRow>(
            CacheRow.Select + " where tenant = @tenant and place = @place and state <> 'Removed'",
            new { tenant = CacheRow.Owner(tenant), place = CacheRow.Text(place) }))?.ToEntry(),
        ct);

    /// <summary>What a branch meant when it was stored last; whole ones only.</summary>
    public ValueTask<CacheEntry?> FindNewestAsync(TenantId? tenant, S3Location root, string model, string revision, CancellationToken ct) => database.ReadAsync(
        async connection => (await connection.QueryFirstOrDefaultAsync<CacheRow>(
            CacheRow.Select + """
             where tenant = @tenant and root = @root and model = @model and (revision = @revision or commit_id = @revision) and state = 'Complete'
            order by stored_at desc limit 1
            """,
            new { tenant = CacheRow.Owner(tenant), root = CacheRow.Text(root), model, revision }))?.ToEntry(),
        ct);

    /// <summary>Asks for a fill. What is whole, being filled or waiting for its next try stays as it is; what was given up is tried again.</summary>
    /// <param name="id">Of the row, where one is made.</param>
    public async ValueTask WantAsync(string id, CacheWish wish, CancellationToken ct) => await database.WriteAsync(
        async connection => await connection.ExecuteAsync(
            """
            insert into cache_entries (id, tenant, deployment, root, place, location, model, revision, commit_id, state, next_at, vram_gb)
            values (@id, @tenant, @deployment, @root, @place, @location, @Model, @Revision, @Commit, 'Wanted', @now, @VramGb)
            on conflict (tenant, place) where state <> 'Removed' do update set
                deployment = excluded.deployment, state = 'Wanted', next_at = excluded.next_at, tries = 0, failure = null
            where cache_entries.state = 'Failed'
            """,
            new
            {
                id, tenant = CacheRow.Owner(wish.Tenant), deployment = wish.Deployment?.Value, root = CacheRow.Text(wish.Root), place = CacheRow.Text(wish.Place),
                location = CacheRow.Json(wish), wish.Model, wish.Revision, wish.Commit, wish.VramGb, now = time.UnixNow(),
            }),
        ct);

    /// <summary>Somebody else removed it, or changed it: it is no more, and may be wanted anew.</summary>
    public async ValueTask LoseAsync(TenantId? tenant, string id, CancellationToken ct) => await database.WriteAsync(
        async connection => await connection.ExecuteAsync(
            "update cache_entries set state = 'Removed', removed_at = @now where id = @id and tenant = @tenant and state = 'Complete'",
            new { id, tenant = CacheRow.Owner(tenant), now = time.UnixNow() }),
        ct);

    /// <summary>For the operator, who removes only what is the operator's: every commit of a model.</summary>
    /// <returns>How many.</returns>
    public ValueTask<int> RequestRemovalAsync(TenantId? tenant, string model, CancellationToken ct) => database.WriteAsync(
        async connection => await connection.ExecuteAsync(
            """
            update cache_entries set state = 'Removing', next_at = @now, tries = 0, failure = null
            where tenant = @tenant and model = @model and state not in ('Removing', 'Removed')
            """,
            new { tenant = CacheRow.Owner(tenant), model, now = time.UnixNow() }),
        ct);

    /// <summary>All that is there or wanted, by model.</summary>
    public ValueTask<IReadOnlyList<CacheEntry>> ListAsync(TenantId? tenant, int limit, CancellationToken ct) => ManyAsync(
        " where tenant = @tenant and state <> 'Removed' order by model, stored_at, id limit @limit", new { tenant = CacheRow.Owner(tenant), limit }, ct);

    /// <summary>For the loop, over all tenants: what is due, longest first.</summary>
    public ValueTask<IReadOnlyList<CacheEntry>> ListDueAsync(int limit, CancellationToken ct) => ManyAsync(
        " where state in ('Wanted', 'Removing') and next_at <= @now order by next_at, id limit @limit", new { now = time.UnixNow(), limit }, ct);

    /// <summary>What this deployment caused to be stored, past stays among them.</summary>
    public ValueTask<IReadOnlyList<CacheEntry>> OfDeploymentAsync(TenantId tenant, DeploymentId id, CancellationToken ct) => ManyAsync(
        " where deployment in (select id from deployments where id = @id and tenant = @tenant) order by id", new { tenant = tenant.Value, id = id.Value }, ct);

    /// <summary>What this deployment's workers loaded; <see cref="CacheUse.None"/> when none has told.</summary>
    public ValueTask<CacheUse> UseAsync(TenantId tenant, DeploymentId id, CancellationToken ct) => database.ReadAsync(
        async connection => (await connection.QuerySingleOrDefaultAsync<UseRow>(
            "select u.hits, u.misses, u.reads, u.bytes from cache_uses u join deployments d on d.id = u.deployment where d.id = @id and d.tenant = @tenant",
            new { tenant = tenant.Value, id = id.Value }))?.ToUse() ?? CacheUse.None,
        ct);

    /// <summary>In the transaction of the report that tells it, so that it is counted once.</summary>
    internal static async ValueTask AddUseAsync(DbConnection connection, DeploymentId id, CacheUse use) => await connection.ExecuteAsync(
        """
        insert into cache_uses (deployment, hits, misses, reads, bytes) values (@id, @Hits, @Misses, @Reads, @Bytes)
        on conflict (deployment) do update set
            hits = cache_uses.hits + excluded.hits, misses = cache_uses.misses + excluded.misses,
            reads = cache_uses.reads + excluded.reads, bytes = cache_uses.bytes + excluded.bytes
        """,
        new { id = id.Value, use.Hits, use.Misses, use.Reads, use.Bytes });

    private ValueTask<IReadOnlyList<CacheEntry>> ManyAsync(string where, object parameters, CancellationToken ct) => database.ReadAsync<IReadOnlyList<CacheEntry>>(
        async connection => [.. (await connection.QueryAsync<CacheRow>(CacheRow.Select + where, parameters)).Select(row => row.ToEntry())], ct);

    private sealed record UseRow
    {
        public long Hits { get; init; }

        public long Misses { get; init; }

        public long Reads { get; init; }

        public long Bytes { get; init; }

        public CacheUse ToUse() => new(Hits, Misses, Reads, Bytes);
    }
}
