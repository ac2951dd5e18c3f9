using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts;
using Rouse.Contracts.Catalog;

namespace Rouse.Cli.Tests.Fakes;

/// <summary>The routes that are looked at before a deployment.</summary>
internal sealed class FakeCatalog
{
    public PlanReply Plan { get; set; } = new()
    {
        ModelId = "org/name",
        Commit = "0123456789abcdef0123456789abcdef01234567",
        Provider = "runpod",
        Fits = true,
        Need = new ModelNeed(
            12, "6.9 GB of weights × 1.2 + 3.5 GB for a picture", 6_938_011_430, 13_000_000_000, new Dictionary<string, long>(StringComparer.Ordinal) { ["F16"] = 3_468_838_527 }),
        Offers =
        [
            Offer("AMPERE_16", "RTX A4000", 16, 0.58m, "low") with { ImagesBasis = "measured", MeasuredJobs = 12, SecondsPerImage = 4.2, PricePer1000ImagesUsd = 0.6767m },
            Offer("AMPERE_24", "A5000, L4", 24, 0.69m, "high"),
        ],
        ColdStart = new ColdStart(180, "prior"),
    };

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/plan", () => Results.Json(Plan, RouseJson.Default.PlanReply));
        routes.MapGet("/v1/gpus", () => Results.Json(
            new GpuList([.. Plan.Offers.Select(offer => new GpuOffer
            {
                Provider = offer.Provider, Hardware = offer.Hardware, Gpus = offer.Gpus, VramGb = offer.VramGb, PricePerHourUsd = offer.PricePerHourUsd, Stock = offer.Stock,
            })],
            [new AskedProvider("runpod", "ok"), new AskedProvider("runpod-pods", "failed", "It does not answer.")]),
            RouseJson.Default.GpuList));
        routes.MapGet("/v1/models/search", (string q) => Results.Json(
            new ModelSearchReply([new FoundModel("org/" + q, "text-to-image", 1234, 5, true), new FoundModel("org/plain", null, 1, 0, false)], q),
            RouseJson.Default.ModelSearchReply));
    }

    private static PlannedOffer Offer(string pool, string gpus, int vram, decimal hourly, string stock) => new()
    {
        Provider = "runpod", Hardware = pool, Pool = pool, Gpus = gpus, VramGb = vram, PricePerHourUsd = hourly, Stock = stock,
        PricePer1000ImagesUsd = Math.Round(hourly * 5 / 3.6m, 4), SecondsPerImage = 5, ImagesBasis = "prior", MeasuredJobs = 0,
    };
}
