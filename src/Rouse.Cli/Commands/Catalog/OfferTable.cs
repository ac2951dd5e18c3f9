using System.Globalization;
using Rouse.Cli.Terminal;
using Rouse.Contracts.Catalog;

namespace Rouse.Cli.Commands.Catalog;

/// <summary>Offers as people see them.</summary>
internal static class OfferTable
{
    public static readonly Cell[] Titles = ["PROVIDER", "OFFER", "VRAM", "STOCK", "$/HOUR", "GPUS"];

    public static Cell[] Row(GpuOffer offer) =>
        [offer.Provider, offer.Hardware, Vram(offer), Stock(offer.Stock), Dollars(offer.PricePerHourUsd), offer.Gpus ?? "-"];

    public static string Dollars(decimal amount) => amount.ToString(amount < 10 ? "0.000" : "0.00", CultureInfo.InvariantCulture);

    private static Cell Stock(string stock) => new(stock, Screen.Tint(stock is "none" ? "red" : stock is "low" ? "yellow" : "green", stock));

    private static string Vram(GpuOffer offer) => offer.VramGb == 0 ? "-" : string.Create(CultureInfo.InvariantCulture, $"{offer.VramGb} GB");
}
