using System.Data.Common;
using Dapper;
using Rouse.Core.Analytics;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;

namespace Rouse.Store.Costs;

/// <summary>The steps of what backends cost. They outlive their deployments' ends, and nothing removes them.</summary>
public sealed partial class CapacityStore(Database database)
{
    private const string Select = """
        select id, tenant, deployment, attempt, backend, starting, ready, price_per_second, storage_per_hour, from_at, seen_at, guessed_ms, unobserved_ms, is_open
        from capacity_spans
        """;

    /// <summary>Notes one look at a deployment's backends, in one transaction; nothing is written where nothing is to be said.</summary>
    /// <param name="backends">Those seen, with the deployment in each one's name.</param>
    /// <param name="decide">Pure: it may be asked more than once.</param>
    public async ValueTask<LedgerPage> NoteAsync(
        TenantId tenant, DeploymentId id, IReadOnlyList<(BackendId Id, DeploymentId Creator)> backends, Func<CapacityBook, LedgerPage> decide, CancellationToken ct)
    {
        var page = await database.ReadAsync(async connection => decide(await ReadAsync(connection, tenant, id, backends, hold: "")), ct);
        if (page.Changed.Count == 0) return page;
        return await database.WriteAsync(
            async connection =>
            {
                var page = decide(await ReadAsync(connection, tenant, id, backends, database.Dialect.ForUpdate()));
                // What ends makes room for what begins: a backend has one open span.
                foreach (var span in page.Changed.OrderBy(span => span.IsOpen)) await SaveAsync(connection, CapacityRow.From(tenant, span));
                return page;
            },
            ct);
    }

    /// <summary>All spans counted on a deployment, oldest first.</summary>
    public ValueTask<IReadOnlyList<CapacitySpan>> ListAsync(TenantId tenant, DeploymentId id, CancellationToken ct) =>
        database.ReadAsync<IReadOnlyList<CapacitySpan>>(
            async connection =>
            [
                .. (await connection.QueryAsync<CapacityRow>(
                    Select + " where tenant = @tenant and deployment = @id order by id", new { tenant = tenant.Value, id = id.Value })).Select(row => row.ToSpan()),
            ],
            ct);

    /// <summary>All spans of some backends, whoever they are counted on.</summary>
    public ValueTask<IReadOnlyList<CapacitySpan>> OfBackendsAsync(TenantId tenant, IReadOnlyList<BackendId> backends, CancellationToken ct) =>
        database.ReadAsync<IReadOnlyList<CapacitySpan>>(
            async connection =>
            [
                .. (await connection.QueryAsync<CapacityRow>(
                    $"{Select} where tenant = @tenant and {database.Dialect.In("backend", "backends")} order by id",
                    new { tenant = tenant.Value, backends = backends.Select(backend => backend.Value).ToArray() })).Select(row => row.ToSpan()),
            ],
            ct);

    /// <summary>The latest time stored; null before the first.</summary>
    public ValueTask<DateTimeOffset?> LastSeenAsync(CancellationToken ct) => database.ReadAsync(
        async connection => UnixTime.From(await connection.ExecuteScalarAsync<long?>("select max(seen_at) from capacity_spans")), ct);

    private async ValueTask<CapacityBook> ReadAsync(
        DbConnection connection, TenantId tenant, DeploymentId id, IReadOnlyList<(BackendId Id, DeploymentId Creator)> backends, string hold)
    {
        var dialect = database.Dialect;
        var seen = backends.Select(backend => backend.Id.Value).ToArray();
        var open = (await connection.QueryAsync<CapacityRow>(
            $"{Select} where tenant = @tenant and is_open = 1 and (deployment = @id or {dialect.In("backend", "seen")}) order by id{hold}",
            new { tenant = tenant.Value, id = id.Value, seen })).AsList();
        var users = await connection.QueryAsync<UserRow>(
            $"""
            select id, backend, phase, attempt, created_at from deployments
            where tenant = @tenant and ({dialect.In("id", "creators")} or {dialect.In("backend", "used")})
            """,
            new
            {
                tenant = tenant.Value,
                creators = backends.Select(backend => backend.Creator.Value).Distinct(StringComparer.Ordinal).ToArray(),
                used = seen.Union(open.Select(span => span.Backend), StringComparer.Ordinal).ToArray(),
            });
        return new CapacityBook([.. open.Select(row => row.ToSpan())], [.. users.Select(row => row.ToUser())]);
    }

    private static async ValueTask SaveAsync(DbConnection connection, CapacityRow row) => await connection.ExecuteAsync(
        row.Id != 0
            ? """
            update capacity_spans set seen_at = @SeenAt, guessed_ms = @GuessedMs, unobserved_ms = @UnobservedMs, is_open = @IsOpen
            where id = @Id and is_open = 1 and seen_at <= @SeenAt
            """
            : """
            insert into capacity_spans (
                tenant, deployment, attempt, backend, starting, ready, price_per_second, storage_per_hour, from_at, seen_at, guessed_ms, unobserved_ms, is_open)
            values (
                @Tenant, @Deployment, @Attempt, @Backend, @Starting, @Ready, @PricePerSecond, @StoragePerHour, @FromAt, @SeenAt, @GuessedMs, @UnobservedMs, @IsOpen)
            on conflict do nothing
            """,
        row);

    private sealed record UserRow
    {
        public string Id { get; init; } = "";

        public string? Backend { get; init; }

        public string Phase { get; init; } = "";

        public long Attempt { get; init; }

        public long CreatedAt { get; init; }

        public CapacityUser ToUser() => new(
            DeploymentId.Parse(Id), Backend is null ? null : new BackendId(Backend), Enum.Parse<Phase>(Phase), (int)Attempt, UnixTime.From(CreatedAt));
    }
}
