using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts;
using Rouse.Contracts.Costs;
using Rouse.Core.Deployments;
using Rouse.Server.Auth;
using Rouse.Server.Features.Deployments;
using Rouse.Server.Http;

namespace Rouse.Server.Features.Costs;

/// <summary><c>GET /v1/deployments/{id}/cost</c>.</summary>
internal static class GetDeploymentCost
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/deployments/{id}/cost", HandleAsync).Needs(Scope.Read)
        .WithName("getDeploymentCost").WithSummary("What a deployment has cost: cold starts, serving, idling, failed starts and storage, and the provider's bill")
        .Produces<DeploymentCost>().Refuses(ErrorCode.Unauthorized, ErrorCode.DeploymentNotFound);

    private static async Task<IResult> HandleAsync(HttpContext context, string id, CostReader reader) =>
        DeploymentId.TryParse(id, out var parsed) && await reader.FindAsync(CallerFilter.TenantOf(context), parsed, context.RequestAborted) is { } cost
            ? Results.Json(cost, RouseJson.Default.DeploymentCost)
            : Missing.Deployment();
}
