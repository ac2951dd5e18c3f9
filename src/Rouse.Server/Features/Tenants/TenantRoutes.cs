using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Server.Auth;

namespace Rouse.Server.Features.Tenants;

internal static class TenantRoutes
{
    public static void MapTenants(this IEndpointRouteBuilder app)
    {
        var keys = app.MapGroup("").WithTags("keys").AddEndpointFilter<CallerFilter>();
        CreateKey.Map(keys);
        AddRunpodKey.Map(keys);
        ListKeys.Map(keys);
        RevokeKey.Map(keys);

        var tenants = app.MapGroup("").WithTags("tenants").AddEndpointFilter<CallerFilter>();
        ListTenants.Map(tenants);
        DisableTenant.Map(tenants);
        RemoveTenantDeployments.Map(tenants);
    }
}
