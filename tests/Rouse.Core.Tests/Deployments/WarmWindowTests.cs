using System.Globalization;
using Rouse.Core.Deployments;

namespace Rouse.Core.Tests.Deployments;

/// <summary>Times are of Istanbul (UTC+3 all year) and Berlin (UTC+1, UTC+2 from the last Sunday of March to the last of October).</summary>
public sealed class WarmWindowTests
{
    [Theory]
    [InlineData("09-21", "daily", "UTC", "2026-11-21T08:59:59Z", false, "2026-11-21T09:00:00Z")]
    [InlineData("09-21", "daily", "UTC", "2026-11-21T09:00:00Z", true, "2026-11-21T21:00:00Z")]
    [InlineData("09-21", "daily", "UTC", "2026-11-21T20:59:59Z", true, "2026-11-21T21:00:00Z")]
    [InlineData("09-21", "daily", "UTC", "2026-11-21T21:00:00Z", false, "2026-11-22T09:00:00Z")]
    [InlineData("09-21", "daily", "Europe/Istanbul", "2026-11-21T05:59:59Z", false, "2026-11-21T06:00:00Z")]
    [InlineData("09-21", "daily", "Europe/Istanbul", "2026-11-21T06:00:00Z", true, "2026-11-21T18:00:00Z")]
    [InlineData("22:30-06", "daily", "UTC", "2026-11-21T23:00:00Z", true, "2026-11-22T06:00:00Z")]
    [InlineData("22:30-06", "daily", "UTC", "2026-11-21T05:59:00Z", true, "2026-11-21T06:00:00Z")]
    [InlineData("22:30-06", "daily", "UTC", "2026-11-21T06:00:00Z", false, "2026-11-21T22:30:00Z")]
    // Friday's night lasts into Saturday, and Monday morning belongs to Sunday's, which is none.
    [InlineData("22-06", "mon-fri", "UTC", "2026-11-21T05:00:00Z", true, "2026-11-21T06:00:00Z")]
    [InlineData("22-06", "mon-fri", "UTC", "2026-11-23T05:00:00Z", false, "2026-11-23T22:00:00Z")]
    [InlineData("09-21", "mon-fri", "UTC", "2026-11-21T12:00:00Z", false, "2026-11-23T09:00:00Z")]
    [InlineData("00-24", "sat,sun", "UTC", "2026-11-21T12:00:00Z", true, "2026-11-23T00:00:00Z")]
    // The clocks of Berlin go forward on 2026-03-29 at 02:00, and back on 2026-10-25 at 03:00.
    [InlineData("09-21", "daily", "Europe/Berlin", "2026-03-29T06:59:59Z", false, "2026-03-29T07:00:00Z")]
    [InlineData("02:30-04", "daily", "Europe/Berlin", "2026-03-29T01:29:59Z", false, "2026-03-29T01:30:00Z")]
    [InlineData("09-21", "daily", "Europe/Berlin", "2026-10-25T07:59:59Z", false, "2026-10-25T08:00:00Z")]
    [InlineData("01-02:30", "daily", "Europe/Berlin", "2026-10-25T00:45:00Z", true, "2026-10-25T01:30:00Z")]
    public void IsOpen_BetweenItsEnds_ByTheClockOfThePlace(string hours, string days, string zone, string at, bool open, string change)
    {
        var (window, now) = (Window(hours, days, zone), Time(at));
        Assert.Equal(open, window.IsOpen(now));
        Assert.Equal(Time(change), window.NextChange(now));
        Assert.NotEqual(open, window.IsOpen(Time(change)));
    }

    [Fact]
    public void NextChange_OfWhatNeverCloses_IsNone() => Assert.Null(Window("00-24", "daily", "UTC").NextChange(Time("2026-11-21T12:00:00Z")));

    [Theory]
    [InlineData("9-21")]
    [InlineData("24-09")]
    [InlineData("09-25")]
    [InlineData("09")]
    [InlineData("09:00-21:00-22:00")]
    [InlineData("")]
    [InlineData(" 09-21")]
    public void Hours_OfAnotherForm_AreRefused(string hours) => Assert.False(WarmHours.TryParse(hours, out _, out _));

    [Theory]
    [InlineData("daily", "daily")]
    [InlineData("mon-fri", "mon,tue,wed,thu,fri")]
    [InlineData("fri-mon", "sun,mon,fri,sat")]
    [InlineData("sat,sun", "sun,sat")]
    [InlineData("wed", "wed")]
    public void Days_AreReadAndWritten(string text, string written)
    {
        Assert.True(WeekDaysText.TryParse(text, out var days));
        Assert.Equal(written, days.Text());
    }

    [Theory]
    [InlineData("")]
    [InlineData("monday")]
    [InlineData("mon-")]
    [InlineData("mon-tue-wed")]
    [InlineData("Mon")]
    public void Days_OfAnotherForm_AreRefused(string text) => Assert.False(WeekDaysText.TryParse(text, out _));

    [Fact]
    public void At_KeepsTheMoreOfBothMinimums()
    {
        var (inside, outside) = (Time("2026-11-21T12:00:00Z"), Time("2026-11-21T22:00:00Z"));
        var workers = new WorkerScaling { Min = 1, Max = 4, Warm = Window("09-21", "daily", "UTC") with { Workers = 3 } };
        Assert.Equal((3, 1), (workers.At(inside).Min, workers.At(outside).Min));
        Assert.Equal(2, (workers with { Warm = workers.Warm with { Workers = 1 }, Min = 2 }).At(inside).Min);
    }

    internal static WarmWindow Window(string hours, string days, string zone)
    {
        Assert.True(WarmHours.TryParse(hours, out var from, out var to));
        Assert.True(WeekDaysText.TryParse(days, out var parsed));
        return new WarmWindow { From = from, To = to, Days = parsed, TimeZone = zone };
    }

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
