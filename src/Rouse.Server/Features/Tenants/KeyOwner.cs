using Microsoft.AspNetCore.Http;
using Rouse.Core.Tenancy;
using Rouse.Server.Auth;
using Rouse.Server.Http;
using Rouse.Store.Tenants;

namespace Rouse.Server.Features.Tenants;

/// <summary>Whose keys a request is about: the caller's, or with the operator's scope another tenant's.</summary>
internal static class KeyOwner
{
    /// <param name="asked">What the request names; null for the caller's own tenant.</param>
    /// <param name="make">Whether a tenant that is not there comes to be.</param>
    public static async ValueTask<(TenantId Tenant, IResult? Refusal)> OfAsync(HttpContext context, string? asked, TenantStore tenants, bool make)
    {
        var caller = CallerFilter.CallerOf(context);
        var tenant = caller.Tenant;
        if (asked is not null && asked != tenant.Value)
        {
            if (!caller.Scopes.Holds(Scope.Admin)) return (default, CallerFilter.Forbidden(Scope.Admin));
            if (!TenantId.TryParse(asked, out tenant)) return (default, Problems.Result(ErrorCode.InvalidParameter, "tenant must be 1 to 64 characters of a-z, 0-9, _ and -."));
            // Such names are given by this server alone, so an operator's tenant is never taken for a guest.
            var isReserved = asked.StartsWith(GuestNames.Prefix, StringComparison.Ordinal);
            if ((!make || isReserved) && await tenants.GetAsync(tenant, context.RequestAborted) is null) return (default, Unknown());
        }

        if (!make || await tenants.EnsureAsync(tenant, TenantKind.Operator, context.RequestAborted)) return (tenant, null);
        return (default, Problems.Result(TenantErrors.NameTaken, "Its short name at providers would be that of another tenant. Choose another name."));
    }

    public static IResult Unknown() => Problems.Result(TenantErrors.TenantNotFound, "There is no tenant of this name. GET /v1/tenants lists them.");
}
