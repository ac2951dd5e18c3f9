using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts;
using Rouse.Core.Models;
using Rouse.Server.Auth;
using Rouse.Server.Caching;
using Rouse.Server.Features.Catalog;
using Rouse.Server.Http;

namespace Rouse.Server.Features.Caching;

/// <summary><c>POST /v1/cache</c>: the operator has a model put into the shared cache ahead of its first deployment.</summary>
internal static class FillCache
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/v1/cache", HandleAsync).Needs(Scope.Admin)
        .WithName("fillCache").WithSummary("Put a model into the shared cache").WithDescription("Answers as soon as the wish is durable; `GET /v1/cache` shows what became of it.")
        .Accepts<CacheFillRequest>("application/json").Produces<CacheEntryView>(StatusCodes.Status202Accepted)
        .Refuses(CacheErrors.NotAllowed, ErrorCode.Unauthorized, CacheErrors.Off, ErrorCode.TooLarge, ErrorCode.UnsupportedMediaType, CatalogErrors.HubUnreachable);

    private static async Task<IResult> HandleAsync(HttpContext context, SharedCacheDesk desk)
    {
        var body = await JsonBody.ReadAsync(context, RouseJson.Default.CacheFillRequest);
        if (body.Problem is { } unreadable) return unreadable;
        if (desk.Shared is not { } shared) return CacheErrors.IsOff();
        if (!ModelRef.TryParseHub(body.Value!.HfModelId, out var model)) return Problems.Result(CacheErrors.NotAllowed, "hf_model_id must be org/name or org/name@revision of the model hub.");
        if (!shared.Models.Contains(model!.Id)) return Problems.Result(CacheErrors.NotAllowed, $"{model.Id} is not among SHARED_CACHE_ALLOWED_MODELS.");
        var (entry, refusal) = await desk.FillAsync(model, context.RequestAborted);
        if (entry is not null) return Results.Json(SharedCacheDesk.View(entry), RouseJson.Default.CacheEntryView, statusCode: StatusCodes.Status202Accepted);
        return Problems.Result(refusal is { Retryable: true } ? CatalogErrors.HubUnreachable : CacheErrors.NotAllowed, refusal?.Fault?.Message ?? "It was removed just now. Try again.");
    }
}
