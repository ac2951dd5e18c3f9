using System.Data.Common;
using Dapper;

namespace Rouse.Store;

/// <summary>Remembers what came in, so that the same thing told twice counts once.</summary>
public sealed class Inbox(Database database, TimeProvider time)
{
    /// <summary>Longer than any sender repeats itself.</summary>
    public static readonly TimeSpan Retention = TimeSpan.FromDays(7);

    /// <returns>False when this event of this source was added before.</returns>
    public ValueTask<bool> TryAddAsync(string source, string eventId, CancellationToken ct) =>
        database.WriteAsync(connection => TryAddAsync(connection, source, eventId, time.UnixNow()), ct);

    /// <summary>Forgets what is older than <see cref="Retention"/>.</summary>
    public async ValueTask<int> PruneAsync(CancellationToken ct) => await database.WriteAsync(
        async connection =>
        {
            var old = new { before = (time.GetUtcNow() - Retention).ToUnixTimeMilliseconds() };
            await connection.ExecuteAsync("delete from report_marks where at < @before", old);
            return await connection.ExecuteAsync("delete from inbox where at < @before", old);
        },
        ct);

    internal static async ValueTask<bool> TryAddAsync(DbConnection connection, string source, string eventId, long at) =>
        await connection.ExecuteAsync(
        "insert into inbox (source, event_id, at) values (@source, @eventId, @at) on conflict do nothing", new { source, eventId, at }) == 1;
}
