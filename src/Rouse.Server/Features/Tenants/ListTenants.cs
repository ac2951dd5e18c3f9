using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts;
using Rouse.Contracts.Tenants;
using Rouse.Server.Auth;
using Rouse.Server.Http;
using Rouse.Store.Tenants;

namespace Rouse.Server.Features.Tenants;

/// <summary><c>GET /v1/tenants</c>, for the operator.</summary>
internal static class ListTenants
{
    private const int MostAtOnce = 100;

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/tenants", HandleAsync).Needs(Scope.Admin)
        .WithName("listTenants").WithSummary("Who may call, and how many deployments each has").Produces<TenantPage>()
        .WithQuery("after", ParameterRules.Text(0, 64), "`next` of the page before.").WithQuery("limit", ParameterRules.Whole(1, MostAtOnce, MostAtOnce)).Refuses(ErrorCode.InvalidParameter);

    private static async Task<IResult> HandleAsync(HttpContext context, TenantStore tenants, string? after = null, string? limit = null)
    {
        var count = MostAtOnce;
        if (limit is not null && (!int.TryParse(limit, System.Globalization.CultureInfo.InvariantCulture, out count) || count is < 1 or > MostAtOnce))
        {
            return Problems.Result(ErrorCode.InvalidParameter, $"limit must be 1 to {MostAtOnce}.");
        }

        if (after is { Length: > 64 }) return Problems.Result(ErrorCode.InvalidParameter, "after must be the name of a tenant.");
        var page = (await tenants.ListAsync(after, count + 1, context.RequestAborted)).ToList();
        var hasMore = page.Count > count;
        if (hasMore) page.RemoveAt(count);
        return Results.Json(new TenantPage([.. page.Select(View)], hasMore ? page[^1].Tenant.Id.Value : null), RouseJson.Default.TenantPage);
    }

    private static TenantView View(TenantSummary summary) => new()
    {
        Tenant = summary.Tenant.Id.Value,
        Kind = summary.Tenant.Kind == TenantKind.Guest ? "guest" : "operator",
        LivingDeployments = summary.Living,
        CreatedAt = summary.Tenant.CreatedAt,
        DisabledAt = summary.Tenant.DisabledAt,
    };
}
