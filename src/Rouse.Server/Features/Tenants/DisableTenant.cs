using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts;
using Rouse.Contracts.Tenants;
using Rouse.Core.Tenancy;
using Rouse.Server.Auth;
using Rouse.Server.Http;
using Rouse.Store.Tenants;

namespace Rouse.Server.Features.Tenants;

/// <summary><c>POST /v1/tenants/{tenant}/disable</c> and <c>enable</c>: its keys are refused with 403. What it has deployed goes on until somebody removes it.</summary>
internal static class DisableTenant
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        Describe(routes.MapPost("/v1/tenants/{tenant}/disable", (HttpContext context, string tenant, TenantStore tenants, CallerCache cache) =>
            HandleAsync(context, tenant, tenants, cache, disabled: true))).WithName("disableTenant").WithSummary("Refuse all of a tenant's keys");
        Describe(routes.MapPost("/v1/tenants/{tenant}/enable", (HttpContext context, string tenant, TenantStore tenants, CallerCache cache) =>
            HandleAsync(context, tenant, tenants, cache, disabled: false))).WithName("enableTenant").WithSummary("Take a tenant's keys again");
    }

    private static RouteHandlerBuilder Describe(RouteHandlerBuilder route) =>
        route.Needs(Scope.Admin).Produces<TenantState>().Refuses(TenantErrors.TenantNotFound, TenantErrors.OwnTenant);

    private static async Task<IResult> HandleAsync(HttpContext context, string tenant, TenantStore tenants, CallerCache cache, bool disabled)
    {
        if (!TenantId.TryParse(tenant, out var id)) return KeyOwner.Unknown();
        if (disabled && id == CallerFilter.TenantOf(context)) return Problems.Result(TenantErrors.OwnTenant, "You would lock yourself out. Use a key of another tenant of the operator's.");
        if (!await tenants.SetDisabledAsync(id, disabled, context.RequestAborted)) return KeyOwner.Unknown();
        cache.Forget();
        return Results.Json(new TenantState(id.Value, disabled), RouseJson.Default.TenantState);
    }
}
