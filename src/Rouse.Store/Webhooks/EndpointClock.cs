using System.Data.Common;
using Dapper;
using Rouse.Core.Webhooks;

namespace Rouse.Store.Webhooks;

/// <summary>
/// Keeps an endpoint's row in step with its deliveries: when the next of them is due, and whether it has all its tries in the air. The caller's
/// transaction holds the row.
/// </summary>
internal static class EndpointClock
{
    private const string Load = """
        select
            (select count(*) from webhook_deliveries where endpoint = @endpoint and state = 'sending') as sending,
            (select min(next_at) from webhook_deliveries where endpoint = @endpoint and state = 'sending') as held_until,
            (select min(next_at) from webhook_deliveries where endpoint = @endpoint and state = 'waiting') as due_at
        """;

    public static async ValueTask SetAsync(DbConnection connection, string endpoint, bool isOpen, long pausedUntil, long now)
    {
        var row = await connection.QuerySingleAsync<LoadRow>(Load, new { endpoint });
        var isFull = row.Sending >= DeliveryRules.MostAtOnce;
        await connection.ExecuteAsync(
            "update webhook_endpoints set next_at = @next, is_full = @full where id = @endpoint",
            new { endpoint, next = isOpen ? Next(row, isFull, pausedUntil, now) : null, full = isFull ? 1 : 0 });
    }

    /// <summary>
    /// Full: when a holder that died would let go; its end comes before. Otherwise the first that is due. What is overdue queues up behind the other
    /// endpoints from now on, so that those who always have something take turns.
    /// </summary>
    private static long? Next(LoadRow row, bool isFull, long pausedUntil, long now)
    {
        if (isFull || row.DueAt is not { } due) return row.HeldUntil;
        var open = Math.Max(Math.Max(due, pausedUntil), now);
        return row.HeldUntil is { } held ? Math.Min(open, held) : open;
    }

    private sealed class LoadRow
    {
        public long Sending { get; set; }
        public long? HeldUntil { get; set; }
        public long? DueAt { get; set; }
    }
}
