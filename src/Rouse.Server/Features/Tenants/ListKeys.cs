using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts;
using Rouse.Contracts.Tenants;
using Rouse.Server.Auth;
using Rouse.Server.Http;
using Rouse.Store.Tenants;

namespace Rouse.Server.Features.Tenants;

/// <summary><c>GET /v1/keys</c>: the tenant's keys, those of Runpod too, never the keys themselves.</summary>
internal static class ListKeys
{
    /// <summary>As many as a tenant can have, and some that were revoked.</summary>
    private const int Most = 2 * CreateKey.MostKeys;

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/keys", HandleAsync).Needs(Scope.Keys)
        .WithName("listKeys").WithSummary("The tenant's keys, revoked ones too, the newest first").Produces<KeyList>()
        .WithQuery("tenant", ParameterRules.Text(1, 64, "^[a-z0-9_-]+$"), "Of another tenant, for the operator.")
        .Refuses(ErrorCode.InvalidParameter, TenantErrors.TenantNotFound);

    private static async Task<IResult> HandleAsync(HttpContext context, ApiKeyStore keys, IdentityStore identities, TenantStore tenants, string? tenant = null)
    {
        var (owner, refusal) = await KeyOwner.OfAsync(context, tenant, tenants, make: false);
        if (refusal is not null) return refusal;
        var made = (await keys.ListAsync(owner, Most, context.RequestAborted)).Select(KeyViews.Of);
        var known = (await identities.ListAsync(owner, Most, context.RequestAborted)).Select(KeyViews.Of);
        return Results.Json(new KeyList([.. made.Concat(known).OrderByDescending(key => key.CreatedAt)]), RouseJson.Default.KeyList);
    }
}
