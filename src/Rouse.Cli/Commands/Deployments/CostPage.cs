using System.Globalization;
using Rouse.Cli.Terminal;
using Rouse.Contracts.Costs;

namespace Rouse.Cli.Commands.Deployments;

/// <summary>A cost as people see it.</summary>
internal static class CostPage
{
    private static readonly string[] s_titles = ["FOR", "TIME", "$/HOUR", "$", "SOURCE"];

    public static void Show(Screen screen, DeploymentCost cost)
    {
        List<Cell[]> rows = [[.. s_titles.Select(title => new Cell(title, Screen.Tint("dim", title)))]];
        foreach (var part in cost.Parts)
        {
            var price = part.Quantity is not null ? "" : part.PricePerHourUsd is { } hourly ? Dollars(hourly) : "?";
            var much = part.Quantity is { } quantity ? $"{quantity.ToString("0.#####", CultureInfo.InvariantCulture)} {part.Unit}" : Measures.Seconds(part.Seconds);
            rows.Add([part.Kind.Replace('_', ' '), much, price, part.Usd is { } usd ? Dollars(usd) : "?", part.Source]);
        }

        rows.Add(["total", "", "", Dollars(cost.EstimatedCostUsd)]);
        if (cost.Bill is { Usd: { } billed } bill)
        {
            rows.Add(["billed", "", "", Dollars(billed), bill.Source]);
            rows.Add(["residual", "", "", Dollars(bill.ResidualUsd ?? 0)]);
        }

        Columns.Write(screen, rows);
        screen.Note("");
        if (cost.NowUsdPerHour > 0) screen.Note($"Now {Dollars(cost.NowUsdPerHour)} $ per hour" + (cost.StorageUsdPerHour is { } stored ? $", {Dollars(stored)} $ of it for storage." : "."));
        screen.Note(cost.Note);
        if (cost.Bill?.Error is { } error) screen.Note($"The provider did not tell its bill: {error}");
    }

    public static string Dollars(decimal usd) => usd.ToString("0.0000##", CultureInfo.InvariantCulture);
}
