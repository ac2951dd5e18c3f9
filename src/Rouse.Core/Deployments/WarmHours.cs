using System.Globalization;

namespace Rouse.Core.Deployments;

/// <summary>Both ends of a <see cref="WarmWindow"/> as people write them: <c>09-21</c>, <c>08:30-18:00</c>, <c>22-06</c> over midnight, <c>00-24</c> all day.</summary>
public static class WarmHours
{
    public static bool TryParse(string text, out TimeOnly from, out TimeOnly to)
    {
        (from, to) = (default, default);
        var ends = text.Split('-');
        return ends.Length == 2 && TryTime(ends[0], isEnd: false, out from) && TryTime(ends[1], isEnd: true, out to);
    }

    public static string Text(WarmWindow window) => string.Create(
        CultureInfo.InvariantCulture, $"{window.From:HH\\:mm}-{(window.To == TimeOnly.MinValue ? "24:00" : window.To.ToString("HH\\:mm", CultureInfo.InvariantCulture))}");

    private static bool TryTime(string text, bool isEnd, out TimeOnly time)
    {
        // The end of a day is the beginning of the next.
        if (isEnd && text is "24" or "24:00")
        {
            time = TimeOnly.MinValue;
            return true;
        }

        return TimeOnly.TryParseExact(text, ["HH", "HH:mm"], CultureInfo.InvariantCulture, DateTimeStyles.None, out time);
    }
}
