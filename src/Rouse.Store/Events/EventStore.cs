using System.Data.Common;
using Dapper;
using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;

namespace Rouse.Store.Events;

/// <summary>
/// The outbox. Events are written by the stores, in the transaction of the change and under the lock of the deployment's row: PostgreSQL hands out
/// sequence numbers before commits, and only that lock makes their order the order in which they become visible.
/// </summary>
/// <param name="logs">Null for <see cref="LogLimits.Default"/>.</param>
public sealed class EventStore(Database database, LogLimits? logs = null)
{
    /// <summary>Progress kept of one deployment: a late reader wants the last figures, not all of them.</summary>
    public const int MaxProgress = 50;

    public LogLimits Logs { get; } = logs ?? LogLimits.Default;

    /// <summary>After the commit, with the deployment that has news. Handlers must return at once; they run where the writer goes on.</summary>
    public event Action<DeploymentId>? Appended;

    /// <summary>Events behind <paramref name="afterSeq"/>, oldest first.</summary>
    public ValueTask<IReadOnlyList<DeploymentEvent>> ReadAfterAsync(
        TenantId tenant, DeploymentId id, long afterSeq, int limit, CancellationToken ct) =>
        database.ReadAsync<IReadOnlyList<DeploymentEvent>>(
            async connection =>
            [
                .. (await connection.QueryAsync<EventRow>(
                    """
                    select seq, kind, data, at from events
                    where deployment_id = @id and tenant = @tenant and seq > @afterSeq order by seq limit @limit
                    """,
                    new { id = id.Value, tenant = tenant.Value, afterSeq, limit })).Select(row => row.ToEvent()),
            ],
            ct);

    /// <summary>The newest event's number; 0 before the first.</summary>
    public ValueTask<long> LatestAsync(TenantId tenant, DeploymentId id, CancellationToken ct) => database.ReadAsync(
        async connection => await connection.ExecuteScalarAsync<long>(
            "select coalesce(max(seq), 0) from events where deployment_id = @id and tenant = @tenant", new { id = id.Value, tenant = tenant.Value }),
        ct);

    /// <summary>The newest event's number of each of the deployments, over all tenants: for whoever watches what other replicas wrote.</summary>
    public ValueTask<IReadOnlyDictionary<DeploymentId, long>> LatestOfAsync(IReadOnlyCollection<DeploymentId> ids, CancellationToken ct) =>
        database.ReadAsync<IReadOnlyDictionary<DeploymentId, long>>(
            async connection =>
            {
                var rows = await connection.QueryAsync<EventRow>(
                    $"select deployment_id, max(seq) as seq from events where {database.Dialect.In("deployment_id", "ids")} group by deployment_id",
                    new { ids = ids.Select(id => id.Value).ToArray() });
                return rows.ToDictionary(row => Core.Deployments.DeploymentId.Parse(row.DeploymentId), row => row.Seq);
            },
            ct);

    /// <summary>To be called after the commit.</summary>
    internal void Announce(DeploymentId id) => Appended?.Invoke(id);

    /// <summary>Adds events, in order. The caller's transaction holds the deployment's row.</summary>
    /// <returns>The number of the last.</returns>
    internal static async ValueTask<long> AppendAsync(
        DbConnection connection, TenantId tenant, DeploymentId id, long at, params IEnumerable<EventNews> news)
    {
        var last = 0L;
        foreach (var (kind, data) in news.Select(EventKinds.Write))
        {
            last = await connection.ExecuteScalarAsync<long>(
                "insert into events (tenant, deployment_id, kind, data, at) values (@tenant, @id, @kind, @data, @at) returning seq",
                new { tenant = tenant.Value, id = id.Value, kind, data, at });
        }

        return last;
    }

    /// <summary>Forgets all but the newest of a kind.</summary>
    internal static async ValueTask TrimAsync(DbConnection connection, DeploymentId id, string kind, int keep) => await connection.ExecuteAsync(
        """
        delete from events where deployment_id = @id and kind = @kind and seq <= (
            select seq from events where deployment_id = @id and kind = @kind order by seq desc limit 1 offset @keep)
        """,
        new { id = id.Value, kind, keep });
}

internal sealed record EventRow
{
    public string DeploymentId { get; init; } = "";

    public long Seq { get; init; }

    public string Kind { get; init; } = "";

    public string Data { get; init; } = "";

    public long At { get; init; }

    public DeploymentEvent ToEvent() => new(Seq, UnixTime.From(At), EventKinds.Read(Kind, Data));
}
