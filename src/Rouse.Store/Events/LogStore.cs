using System.Data.Common;
using Dapper;
using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;
using Rouse.Store.Deployments;

namespace Rouse.Store.Events;

/// <summary>
/// A deployment's log: its newest <see cref="EventStore.MaxLogs"/> lines, kept as events so that a stream resumes through both alike.
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
                await AppendAsync(connection, tenant, id, time.UnixNow(), entries);
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

    internal static async ValueTask AppendAsync(DbConnection connection, TenantId tenant, DeploymentId id, long at, IReadOnlyList<LogEntry> entries)
    {
        if (entries.Count == 0) return;
        await EventStore.AppendAsync(connection, tenant, id, at, entries.TakeLast(EventStore.MaxLogs).Select(Bounded));
        await EventStore.TrimAsync(connection, id, EventKinds.Log, EventStore.MaxLogs);
    }

    private static EventNews Bounded(LogEntry entry) => entry with { Message = StorableText.Message(entry.Message) };
}
