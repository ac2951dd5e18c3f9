using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts.Jobs;
using Rouse.Server.Auth;
using Rouse.Server.Http;

namespace Rouse.Server.Features.JobPlane;

/// <summary><c>POST /v2/{deployment}/purge-queue</c>: removes the waiting jobs; running ones go on.</summary>
internal static class PurgeQueue
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/purge-queue", HandleAsync).Needs(Scope.Run)
        .WithName("PurgeQueue").WithSummary("Removes all waiting jobs").Produces<PurgeReply>().Refuses(ErrorCode.DeploymentNotFound);

    private static async Task<IResult> HandleAsync(HttpContext context, string deployment, Gateway.Jobs.JobPlane plane, JobPlaneAccess access)
    {
        var (side, refusal) = await CallerSide.OpenAsync(context, access, deployment);
        if (refusal is not null) return refusal;
        var removed = await plane.PurgeAsync(side.Deployment, context.RequestAborted);
        return Results.Json(new PurgeReply(removed, "completed"), Contracts.JobJson.Default.PurgeReply);
    }
}
