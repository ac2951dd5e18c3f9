using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts;
using Rouse.Server.Auth;
using Rouse.Server.Caching;
using Rouse.Server.Http;

namespace Rouse.Server.Features.Caching;

/// <summary><c>GET /v1/cache</c>: for the operator.</summary>
internal static class ListCache
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/cache", HandleAsync).Needs(Scope.Admin)
        .WithName("listCache").WithSummary("What lies in the shared cache").Produces<CacheList>().Refuses(ErrorCode.Unauthorized, CacheErrors.Off);

    private static async Task<IResult> HandleAsync(HttpContext context, SharedCacheDesk desk)
    {
        if (desk.Shared is not { } shared) return CacheErrors.IsOff();
        var entries = await desk.ListAsync(context.RequestAborted);
        return Results.Json(
            new CacheList(shared.Location.ToString(), [.. shared.Models.Order(StringComparer.Ordinal)], [.. entries.Select(SharedCacheDesk.View)]), RouseJson.Default.CacheList);
    }
}
