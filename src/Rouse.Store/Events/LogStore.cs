using System.Data.Common;
using Dapper;
using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;
using Rouse.Store.Deployments;

namespace Rouse.Store.Events;

/// <summary>
/// A deployment's log: its newest lines within <see cref="LogLimits"/>, kept as events so that a stream resumes through both alike.
/// </summary>
public sealed class LogStore(Database database, EventStore events, TimeProvider time)
{
    /// <returns>False when there is no such deployment.</returns>
    public async ValueTask<bool> AppendAsync(TenantId tenant, DeploymentId id, IReadOnlyList<LogEntry> entries, CancellationToken ct)
    {
        if (entries.Count == 0) return true;
        var found = await database.WriteAsync(
            async connection =>
            {
                if (await DeploymentRow.LockAsync(connection, database.Dialect, tenant, id) is null) return false;
                await AppendAsync(connection, tenant, id, time.UnixNow(), entries, events.Logs);
                return true;
            },
            ct);
        if (found) events.Announce(id);
        return found;
    }

    /// <summary>The newest lines, oldest of them first.</summary>
    public ValueTask<IReadOnlyList<LogEntry>> NewestAsync(TenantId tenant, DeploymentId id, int limit, CancellationToken ct) =>
        database.ReadAsync<IReadOnlyList<LogEntry>>(
            async connection =>
            [
                .. (await connection.QueryAsync<EventRow>(
                    """
                    select seq, kind, data, at from events
                    where deployment_id = @id and kind = 'log' and tenant = @tenant order by seq desc limit @limit
                    """,
                    new { id = id.Value, tenant = tenant.Value, limit })).Select(row => (LogEntry)row.ToEvent().News).Reverse(),
            ],
            ct);

    /// <summary>Forgets lines that have outlived <see cref="LogLimits.TimeToLive"/>; of deployments that are over, none.</summary>
    public async ValueTask<int> PruneAsync(CancellationToken ct) => await database.WriteAsync(
        async connection => await connection.ExecuteAsync(
            """
            delete from events where kind = 'log' and at < @expired
                and deployment_id in (select id from deployments where released_at is null or phase = 'Deleting')
            """,
            new { expired = time.UnixNow() - (long)events.Logs.TimeToLive.TotalMilliseconds }),
        ct);

    internal static async ValueTask AppendAsync(
        DbConnection connection, TenantId tenant, DeploymentId id, long at, IReadOnlyList<LogEntry> entries, LogLimits limits)
    {
        if (entries.Count == 0) return;
        await EventStore.AppendAsync(connection, tenant, id, at, entries.TakeLast(limits.MaxEntries).Select(Bounded));
        await EventStore.TrimAsync(connection, id, EventKinds.Log, limits.MaxEntries);
        await connection.ExecuteAsync(
            "delete from events where deployment_id = @id and kind = 'log' and at < @expired",
            new { id = id.Value, expired = at - (long)limits.TimeToLive.TotalMilliseconds });
    }

    private static EventNews Bounded(LogEntry entry) => entry with { Message = StorableText.Message(entry.Message) };
}
