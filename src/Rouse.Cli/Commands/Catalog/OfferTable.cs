using System.Globalization;
using Rouse.Cli.Terminal;
using Rouse.Contracts.Catalog;

namespace Rouse.Cli.Commands.Catalog;

/// <summary>Offers as people see them.</summary>
internal static class OfferTable
{
    public static readonly Cell[] Titles = ["PROVIDER", "OFFER", "VRAM", "STOCK", "$/HOUR", "GPUS"];

    public static Cell[] Row(GpuOffer offer) =>
    [
        offer.Provider, offer.Hardware, Vram(offer), new Cell(offer.Stock, Screen.Tint(offer.Stock is "none" ? "red" : offer.Stock is "low" ? "yellow" : "green", offer.Stock)),
        Dollars(offer.PricePerHourUsd), offer.Gpus ?? "-",
    ];

    public static string Vram(GpuOffer offer) => offer.VramGb == 0 ? "-" : string.Create(CultureInfo.InvariantCulture, $"{offer.VramGb} GB");

    public static string Dollars(decimal amount) => amount.ToString(amount < 10 ? "0.000" : "0.00", CultureInfo.InvariantCulture);
}
