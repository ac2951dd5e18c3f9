using System.Globalization;
using System.Text.Json.Nodes;
using Rouse.FakeRunpod.Http;

namespace Rouse.FakeRunpod.Billing;

/// <summary>The window of a billing query, widened to whole buckets, as the REST document says.</summary>
internal sealed record Period(DateTimeOffset Start, DateTimeOffset End, string Bucket)
{
    private const int DefaultDays = 30;

    /// <summary>The query's window, or why there is none.</summary>
    public static (Period? Period, Answer? Refusal) From(Call call, DateTimeOffset now)
    {
        var bucket = call.Query("bucketSize") ?? "day";
        if (bucket is not ("hour" or "day" or "week" or "month" or "year"))
        {
            return (null, Answer.Invalid("query.bucketSize: expected hour, day, week, month or year"));
        }

        if (call.Query("lastN") is { } last)
        {
            if (!int.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var buckets) || buckets < 1)
            {
                return (null, Answer.Invalid("query.lastN: minimum is 1"));
            }

            if (call.Query("startTime") is not null || call.Query("endTime") is not null)
            {
                return (null, Answer.Problem(400, "lastN is mutually exclusive with startTime and endTime"));
            }

            var end = Next(Floor(now, bucket), bucket, 1);
            return (new Period(Next(end, bucket, -buckets), end, bucket), null);
        }

        if (!TryRead(call, "startTime", now - TimeSpan.FromDays(DefaultDays), out var from))
        {
            return (null, Answer.Invalid("query.startTime: expected RFC 3339"));
        }

        if (!TryRead(call, "endTime", now, out var to)) return (null, Answer.Invalid("query.endTime: expected RFC 3339"));
        if (to < from) return (null, Answer.Problem(400, "endTime must not be before startTime"));
        var (start, floor) = (Floor(from, bucket), Floor(to, bucket));
        return (new Period(start, floor == to ? to : Next(floor, bucket, 1), bucket), null);
    }

    public IEnumerable<(DateTimeOffset From, DateTimeOffset To)> Buckets()
    {
        for (var at = Start; at < End; at = Next(at, Bucket, 1)) yield return (at, Next(at, Bucket, 1));
    }

    public JsonObject Json() => new() { ["startTime"] = Start.UtcDateTime, ["endTime"] = End.UtcDateTime, ["bucketSize"] = Bucket };

    private static bool TryRead(Call call, string name, DateTimeOffset fallback, out DateTimeOffset time)
    {
        time = fallback;
        return call.Query(name) is not { } text || DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out time);
    }

    private static DateTimeOffset Floor(DateTimeOffset time, string bucket) => bucket switch
    {
        "hour" => Utc(time.Year, time.Month, time.Day).AddHours(time.Hour),
        "day" => Utc(time.Year, time.Month, time.Day),
        // ISO 8601: a week begins on Monday.
        "week" => Utc(time.Year, time.Month, time.Day).AddDays(-(((int)time.DayOfWeek + 6) % 7)),
        "month" => Utc(time.Year, time.Month, 1),
        _ => Utc(time.Year, 1, 1),
    };

    private static DateTimeOffset Next(DateTimeOffset time, string bucket, int count) => bucket switch
    {
        "hour" => time.AddHours(count),
        "day" => time.AddDays(count),
        "week" => time.AddDays(7 * count),
        "month" => time.AddMonths(count),
        _ => time.AddYears(count),
    };

    private static DateTimeOffset Utc(int year, int month, int day) => new(year, month, day, 0, 0, 0, TimeSpan.Zero);
}
