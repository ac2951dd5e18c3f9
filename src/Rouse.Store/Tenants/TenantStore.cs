using System.Data.Common;
using Dapper;
using Rouse.Core.Tenancy;

namespace Rouse.Store.Tenants;

/// <summary>The tenants there are.</summary>
public sealed class TenantStore(Database database, TimeProvider time)
{
    /// <summary>Makes the tenant if it is new; one that is there stays as it is.</summary>
    /// <returns>False when another tenant's <see cref="TenantId.Hash8"/> is the same, so that this one cannot be.</returns>
    public ValueTask<bool> EnsureAsync(TenantId tenant, TenantKind kind, CancellationToken ct) =>
        database.WriteAsync(connection => EnsureAsync(connection, tenant, kind, home: null, time.UnixNow()), ct);

    public ValueTask<TenantRecord?> GetAsync(TenantId tenant, CancellationToken ct) => database.ReadAsync(
        async connection => (await connection.QuerySingleOrDefaultAsync<Row>(
            "select id, kind, home, created_at, disabled_at from tenants where id = @tenant", new { tenant = tenant.Value }))?.ToRecord(),
        ct);

    /// <summary>In the order of ids, after the given one.</summary>
    public ValueTask<IReadOnlyList<TenantSummary>> ListAsync(string? after, int limit, CancellationToken ct) => database.ReadAsync<IReadOnlyList<TenantSummary>>(
        async connection =>
        [
            .. (await connection.QueryAsync<Row>(
                """
                select id, kind, home, created_at, disabled_at,
                    (select count(*) from deployments where tenant = tenants.id and phase not in ('Failed', 'Deleted', 'Deleting')) as living
                from tenants where id > @after order by id limit @limit
                """,
                new { after = after ?? "", limit })).Select(row => new TenantSummary(row.ToRecord(), (int)row.Living)),
        ],
        ct);

    /// <summary>Disabling again keeps the first time.</summary>
    /// <returns>False when there is no such tenant.</returns>
    public async ValueTask<bool> SetDisabledAsync(TenantId tenant, bool disabled, CancellationToken ct) => await database.WriteAsync(
        async connection => await connection.ExecuteAsync(
            "update tenants set disabled_at = " + (disabled ? "coalesce(disabled_at, @now)" : "null") + " where id = @tenant", new { tenant = tenant.Value, now = time.UnixNow() }),
        ct) == 1;

    /// <param name="home">As <see cref="TenantRecord.Home"/>.</param>
    public async ValueTask SetHomeAsync(TenantId tenant, string? home, CancellationToken ct) => await database.WriteAsync(
        async connection => await connection.ExecuteAsync("update tenants set home = @home where id = @tenant", new { tenant = tenant.Value, home }), ct);

    internal static async ValueTask<bool> EnsureAsync(DbConnection connection, TenantId tenant, TenantKind kind, string? home, long now)
    {
        await connection.ExecuteAsync(
            "insert into tenants (id, hash8, kind, home, created_at) values (@id, @hash8, @kind, @home, @now) on conflict do nothing",
            new { id = tenant.Value, hash8 = tenant.Hash8, kind = kind.ToString(), home, now });
        return await connection.ExecuteScalarAsync<long>("select count(*) from tenants where id = @id", new { id = tenant.Value }) == 1;
    }

    private sealed record Row
    {
        public string Id { get; init; } = "";

        public string Kind { get; init; } = "";

        public string? Home { get; init; }

        public long CreatedAt { get; init; }

        public long? DisabledAt { get; init; }

        public long Living { get; init; }

        public TenantRecord ToRecord() => new(TenantId.Parse(Id), Enum.Parse<TenantKind>(Kind), Home, UnixTime.From(CreatedAt), UnixTime.From(DisabledAt));
    }
}
