using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts;
using Rouse.Contracts.Deployments;
using Rouse.Core.Deployments;
using Rouse.Server.Auth;
using Rouse.Server.Http;

namespace Rouse.Server.Features.Deployments;

/// <summary><c>GET /v1/deployments/{id}</c>.</summary>
internal static class GetDeployment
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/deployments/{id}", HandleAsync).Needs(Scope.Read)
        .WithName("getDeployment").WithSummary("One deployment: state, phases with their times, newest log lines, why it waits or failed")
        .Produces<DeploymentView>().Refuses(ErrorCode.Unauthorized, ErrorCode.DeploymentNotFound);

    private static async Task<IResult> HandleAsync(HttpContext context, string id, DeploymentReader reader) =>
        DeploymentId.TryParse(id, out var parsed) && await reader.FindAsync(CallerFilter.TenantOf(context), parsed, context.RequestAborted) is { } view
            ? Results.Json(view, RouseJson.Default.DeploymentView)
            : Missing.Deployment();
}

/// <summary>Another tenant's deployment is as unknown as one that never was.</summary>
internal static class Missing
{
    public static IResult Deployment() => Problems.Result(ErrorCode.DeploymentNotFound, "You have no deployment of this id. GET /v1/deployments lists yours.");
}
