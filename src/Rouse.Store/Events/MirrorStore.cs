using Dapper;
using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;

namespace Rouse.Store.Events;

/// <summary>A deployment of which a mirror lacks news.</summary>
/// <param name="Mirrored">The last event it has; 0 for none.</param>
public sealed record MirrorLag(TenantId Tenant, DeploymentId Id, long Mirrored);

/// <summary>What an outside mirror of deployments and their logs has, and what it lacks.</summary>
public sealed class MirrorStore(Database database)
{
    /// <summary>Deployments with news, the longest waiting first.</summary>
    public ValueTask<IReadOnlyList<MirrorLag>> BehindAsync(int limit, CancellationToken ct) => database.ReadAsync<IReadOnlyList<MirrorLag>>(
        async connection =>
        [
            .. (await connection.QueryAsync<LagRow>(
                """
                select e.tenant, e.deployment_id as id, coalesce(m.seq, 0) as mirrored
                from events e left join mirrored m on m.deployment_id = e.deployment_id
                group by e.tenant, e.deployment_id, m.seq
                having max(e.seq) > coalesce(m.seq, 0)
                order by max(e.seq) limit @limit
                """,
                new { limit })).Select(row => new MirrorLag(TenantId.Parse(row.Tenant), DeploymentId.Parse(row.Id), row.Mirrored)),
        ],
        ct);

    /// <summary>The mirror has everything up to this event. Never goes back.</summary>
    public async ValueTask MarkAsync(DeploymentId id, long seq, CancellationToken ct) => await database.WriteAsync(
        async connection => await connection.ExecuteAsync(
            """
            insert into mirrored (deployment_id, seq) values (@id, @seq)
            on conflict (deployment_id) do update set seq = excluded.seq where mirrored.seq < excluded.seq
            """,
            new { id = id.Value, seq }),
        ct);

    private sealed record LagRow
    {
        public string Tenant { get; init; } = "";

        public string Id { get; init; } = "";

        public long Mirrored { get; init; }
    }
}
