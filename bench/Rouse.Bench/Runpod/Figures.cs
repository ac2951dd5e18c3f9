using System.Globalization;

namespace Rouse.Bench.Runpod;

/// <summary>Milliseconds of many, as a row of a table.</summary>
internal static class Figures
{
    public static string Row(string name, IEnumerable<double> milliseconds)
    {
        List<double> sorted = [.. milliseconds.Order()];
        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {name} | {sorted.Count:N0} | {sorted[sorted.Count / 2]:F1} | {sorted[sorted.Count * 99 / 100]:F1} | {sorted[^1]:F1} |");
    }

    public static void Say(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
