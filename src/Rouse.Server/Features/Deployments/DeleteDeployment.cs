using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Core.Deployments;
using Rouse.Server.Auth;
using Rouse.Server.Background;
using Rouse.Server.Http;
using Rouse.Store.Deployments;

namespace Rouse.Server.Features.Deployments;

/// <summary><c>DELETE /v1/deployments/{id}</c>: 204 once the intent is durable; the status is <c>deleted</c> once nothing is left. Asking again is harmless.</summary>
internal static class DeleteDeployment
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapDelete("/v1/deployments/{id}", HandleAsync).Needs(Scope.Deploy)
        .WithName("deleteDeployment").WithSummary("Tear a deployment down")
        .WithDescription("The status is `deleting` until listing the provider shows that nothing is left, then `deleted`.")
        .Produces(StatusCodes.Status204NoContent).Refuses(ErrorCode.Unauthorized, ErrorCode.DeploymentNotFound);

    private static async Task<IResult> HandleAsync(HttpContext context, string id, DeploymentStore store, ReconcileLoop loop)
    {
        var tenant = CallerFilter.TenantOf(context);
        // Not the caller's token: once asked for, a deletion is not given up because the caller hangs up.
        if (!DeploymentId.TryParse(id, out var parsed) || !await store.RequestDeleteAsync(tenant, parsed, CancellationToken.None)) return Missing.Deployment();
        loop.Hint(tenant, parsed);
        return Results.NoContent();
    }
}
