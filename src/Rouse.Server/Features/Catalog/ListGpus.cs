using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts;
using Rouse.Contracts.Catalog;
using Rouse.Server.Auth;
using Rouse.Server.Background;
using Rouse.Server.Http;

namespace Rouse.Server.Features.Catalog;

/// <summary><c>GET /v1/gpus</c>: what can be had now, and at what price.</summary>
internal static class ListGpus
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/gpus", HandleAsync).Needs(Scope.Read)
        .WithName("listGpus").WithSummary("Live offers of all providers, the cheapest first").Produces<GpuList>()
        .WithQuery("region", ParameterRules.Text(1, 64), "A data centre, or a part of the world.")
        .Refuses(ErrorCode.InvalidParameter, ErrorCode.Unauthorized);

    private static async Task<IResult> HandleAsync(HttpContext context, OfferBook book, ReconcilePorts ports, string? region = null)
    {
        var sellers = ports.Providers.Values.Select(provider => provider.Traits).Where(traits => traits.SellsGpus).ToList();
        if (region is not null && !sellers.Exists(traits => traits.KnowsRegion(region)))
        {
            return Problems.Result(ErrorCode.InvalidParameter, "region must be a data centre of a provider, such as EU-RO-1, or a part of the world, such as EU.");
        }

        var looks = await book.LookAsync(CallerFilter.CallerOf(context), region, context.RequestAborted);
        var offers = looks.SelectMany(look => look.Offers)
            .OrderBy(offer => offer.PricePerSecond).ThenBy(offer => offer.VramGb).ThenBy(offer => offer.Key(), StringComparer.Ordinal);
        return Results.Json(new GpuList([.. offers.Select(OfferBook.View)], [.. looks.Select(Asked)]), RouseJson.Default.GpuList);
    }

    private static AskedProvider Asked(OfferLook look) => look switch
    {
        { HasAccount: false } => new AskedProvider(
            look.Provider, "no_account", "There is no key to ask with. Deploy with user_runpod_key, or start the server with RUNPOD_API_KEY."),
        { Fault: { } fault } => new AskedProvider(look.Provider, "failed", fault.Message),
        _ => new AskedProvider(look.Provider, "ok"),
    };
}
