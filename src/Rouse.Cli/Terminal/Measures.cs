using System.Globalization;

namespace Rouse.Cli.Terminal;

/// <summary>Times and sizes as people read and type them.</summary>
internal static class Measures
{
    private const double Kilo = 1000;

    /// <summary>A timer takes at most 49 days; nobody means more.</summary>
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(30);

    public static string Seconds(double seconds) => seconds < 60
        ? string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s")
        : string.Create(CultureInfo.InvariantCulture, $"{(int)seconds / 60} m {(int)seconds % 60:00} s");

    /// <summary>How long ago, coarsely: <c>12s</c>, <c>5m</c>, <c>3h</c>, <c>4d</c>.</summary>
    public static string Age(TimeSpan age) => age switch
    {
        { TotalSeconds: < 60 } => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, (int)age.TotalSeconds)}s"),
        { TotalMinutes: < 60 } => string.Create(CultureInfo.InvariantCulture, $"{(int)age.TotalMinutes}m"),
        { TotalHours: < 48 } => string.Create(CultureInfo.InvariantCulture, $"{(int)age.TotalHours}h"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(int)age.TotalDays}d"),
    };

    public static string Bytes(double bytes) => bytes switch
    {
        < Kilo => string.Create(CultureInfo.InvariantCulture, $"{bytes:0} B"),
        < Kilo * Kilo => string.Create(CultureInfo.InvariantCulture, $"{bytes / Kilo:0.0} kB"),
        < Kilo * Kilo * Kilo => string.Create(CultureInfo.InvariantCulture, $"{bytes / Kilo / Kilo:0.0} MB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / Kilo / Kilo / Kilo:0.00} GB"),
    };

    /// <summary><c>54 %</c>.</summary>
    public static string Share(long done, long total) => string.Create(CultureInfo.InvariantCulture, $"{100 * Math.Min(done, total) / total} %");

    /// <summary><c>345.0 MB of 640.0 MB</c>, or <c>2 of 3 steps</c>.</summary>
    public static string Amounts(long done, long total, string unit)
        => unit is "bytes" ? $"{Bytes(done)} of {Bytes(total)}" : string.Create(CultureInfo.InvariantCulture, $"{done} of {total} {unit}");

    /// <summary>Reads <c>90</c>, <c>90s</c>, <c>5m</c>, <c>1h30m</c>, <c>2d</c> or <c>500ms</c>; a bare number is seconds.</summary>
    public static bool TryParseDuration(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        if (text.Length == 0) return false;
        for (var at = 0; at < text.Length;)
        {
            var digits = at;
            while (at < text.Length && (char.IsAsciiDigit(text[at]) || text[at] == '.')) at++;
            var letters = at;
            while (at < text.Length && char.IsAsciiLetterLower(text[at])) at++;
            var isNumber = double.TryParse(text[digits..letters], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number);
            if (!isNumber || UnitSeconds(text[letters..at]) is not { } unit || number * unit > s_longest.TotalSeconds) return false;
            duration += TimeSpan.FromSeconds(number * unit);
        }

        return duration > TimeSpan.Zero && duration <= s_longest;
    }

    private static double? UnitSeconds(string unit) => unit switch
    {
        "ms" => 0.001,
        "" or "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86400,
        _ => null,
    };

    public static string Amount(long amount, string unit)
        => unit is "bytes" ? Bytes(amount) : string.Create(CultureInfo.InvariantCulture, $"{amount} {unit}");
}
