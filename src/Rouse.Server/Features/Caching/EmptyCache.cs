using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts;
using Rouse.Core.Models;
using Rouse.Server.Auth;
using Rouse.Server.Caching;
using Rouse.Server.Http;

namespace Rouse.Server.Features.Caching;

/// <summary><c>DELETE /v1/cache?hf_model_id=org/name</c>: removes every copy of a model from the shared cache. Asking again is harmless.</summary>
internal static class EmptyCache
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapDelete("/v1/cache", HandleAsync).Needs(Scope.Admin)
        .WithName("emptyCache").WithSummary("Remove a model from the shared cache")
        .WithQuery("hf_model_id", ParameterRules.Text(1, Contracts.Deployments.DeploymentBounds.MaxModelId), "Needed.").Produces<CacheRemovalReply>(StatusCodes.Status202Accepted)
        .Refuses(ErrorCode.InvalidParameter, ErrorCode.Unauthorized, CacheErrors.Off);

    private static async Task<IResult> HandleAsync(HttpContext context, SharedCacheDesk desk, [Microsoft.AspNetCore.Mvc.FromQuery(Name = "hf_model_id")] string? model = null)
    {
        if (desk.Shared is null) return CacheErrors.IsOff();
        if (!ModelRef.TryParseHub(model, out var parsed) || parsed!.Revision is not null) return Problems.Result(ErrorCode.InvalidParameter, "hf_model_id must be org/name.");
        var removing = await desk.RemoveAsync(parsed.Id, context.RequestAborted);
        return Results.Json(new CacheRemovalReply(removing), RouseJson.Default.CacheRemovalReply, statusCode: StatusCodes.Status202Accepted);
    }
}
