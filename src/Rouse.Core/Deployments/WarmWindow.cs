namespace Rouse.Core.Deployments;

/// <summary>Hours of some days, by the clock of a place, in which workers are kept although nothing is asked. Begins at <see cref="From"/>, is over at <see cref="To"/>.</summary>
public sealed record WarmWindow
{
    /// <summary>A window can span two days, and the next one may lie a week ahead; a day more for time zones.</summary>
    private const int DaysAhead = 9;

    public required TimeOnly From { get; init; }

    /// <summary>Not after <see cref="From"/>: on the next day. Equal to it: a whole day.</summary>
    public required TimeOnly To { get; init; }

    /// <summary>The days it begins on.</summary>
    public WeekDays Days { get; init; } = WeekDays.All;

    /// <summary>A name of the IANA time zone database, such as <c>Europe/Istanbul</c>.</summary>
    public string TimeZone { get; init; } = "UTC";

    /// <summary>Workers kept while it is open, at least 1.</summary>
    public int Workers { get; init; } = 1;

    public bool IsOpen(DateTimeOffset now) => Spans(now).Any(span => span.From <= now && now < span.To);

    /// <summary>When it opens or closes next; null when it never closes.</summary>
    public DateTimeOffset? NextChange(DateTimeOffset now)
    {
        var spans = Spans(now).ToList();
        if (!IsOpen(now)) return spans.First(span => span.From > now).From;
        // Spans that touch are one.
        var end = now;
        foreach (var span in spans.Where(span => span.To > now).TakeWhile(span => span.From <= end)) end = span.To;
        return end < spans[^1].To ? end : null;
    }

    private IEnumerable<(DateTimeOffset From, DateTimeOffset To)> Spans(DateTimeOffset now)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(TimeZone);
        var today = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, zone).DateTime);
        for (var day = today.AddDays(-2); day <= today.AddDays(DaysAhead); day = day.AddDays(1))
        {
            if (!Days.Has(day.DayOfWeek)) continue;
            yield return (Instant(day, From, zone), Instant(To > From ? day : day.AddDays(1), To, zone));
        }
    }

    /// <summary>A time that the clocks skip falls as much later as they skip; of one that comes twice the second is meant.</summary>
    private static DateTimeOffset Instant(DateOnly day, TimeOnly time, TimeZoneInfo zone)
    {
        var local = day.ToDateTime(time);
        return new DateTimeOffset(local, zone.GetUtcOffset(local)).ToUniversalTime();
    }
}

[Flags]
public enum WeekDays
{
    None = 0,
    Sunday = 1,
    Monday = 2,
    Tuesday = 4,
    Wednesday = 8,
    Thursday = 16,
    Friday = 32,
    Saturday = 64,
    All = 127,
}

public static class WeekDaysText
{
    private static readonly string[] s_words = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

    public static bool Has(this WeekDays days, DayOfWeek day) => days.HasFlag((WeekDays)(1 << (int)day));

    /// <summary><c>daily</c>, or days and spans of them: <c>mon-fri</c>, <c>sat,sun</c>, <c>fri-mon</c>.</summary>
    public static bool TryParse(string text, out WeekDays days)
    {
        days = WeekDays.None;
        if (text == "daily")
        {
            days = WeekDays.All;
            return true;
        }

        foreach (var part in text.Split(','))
        {
            var ends = part.Split('-');
            var (first, last) = (Array.IndexOf(s_words, ends[0]), Array.IndexOf(s_words, ends[^1]));
            if (ends.Length > 2 || first < 0 || last < 0) return false;
            for (var day = first; ; day = (day + 1) % s_words.Length)
            {
                days |= (WeekDays)(1 << day);
                if (day == last) break;
            }
        }

        return true;
    }

    /// <summary>In the form that <see cref="TryParse"/> reads.</summary>
    public static string Text(this WeekDays days) =>
        days == WeekDays.All ? "daily" : string.Join(',', Enumerable.Range(0, s_words.Length).Where(day => days.Has((DayOfWeek)day)).Select(day => s_words[day]));
}
