using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts;
using Rouse.Contracts.Tenants;
using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;
using Rouse.Server.Auth;
using Rouse.Server.Background;
using Rouse.Server.Http;
using Rouse.Store.Deployments;
using Rouse.Store.Tenants;

namespace Rouse.Server.Features.Tenants;

/// <summary><c>DELETE /v1/tenants/{tenant}/deployments</c>: removes all that a tenant has deployed, disabled or not, as its own deletes would.</summary>
internal static class RemoveTenantDeployments
{
    private const int PageSize = 100;

    public static void Map(IEndpointRouteBuilder routes) => routes.MapDelete("/v1/tenants/{tenant}/deployments", HandleAsync).Needs(Scope.Admin)
        .WithName("removeTenantDeployments").WithSummary("Remove all deployments of a tenant").Produces<TenantRemoval>(StatusCodes.Status202Accepted)
        .Refuses(TenantErrors.TenantNotFound);

    private static async Task<IResult> HandleAsync(string tenant, TenantStore tenants, DeploymentStore store, ReconcileLoop loop, CancellationToken ct)
    {
        if (!TenantId.TryParse(tenant, out var id) || await tenants.GetAsync(id, ct) is null) return KeyOwner.Unknown();
        var count = 0;
        ListCursor? after = null;
        do
        {
            var page = await store.ListAsync(id, new DeploymentQuery(Phase: null, PageSize, after), ct);
            foreach (var deployment in page.Items.Select(item => item.State).Where(state => !state.Phase.IsEnded()))
            {
                if (!await store.RequestDeleteAsync(id, deployment.Id, ct)) continue;
                loop.Hint(id, deployment.Id);
                count++;
            }

            after = page.Next;
        }
        while (after is not null);
        return Results.Json(new TenantRemoval(id.Value, count), RouseJson.Default.TenantRemoval, statusCode: StatusCodes.Status202Accepted);
    }
}
