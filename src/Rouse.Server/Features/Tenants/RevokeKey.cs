using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Server.Auth;
using Rouse.Server.Http;
using Rouse.Server.Secrets;
using Rouse.Store.Tenants;

namespace Rouse.Server.Features.Tenants;

/// <summary>
/// <c>DELETE /v1/keys/{key}</c>: refused from now on, here at once and by other replicas within <see cref="CallerCache.Freshness"/> and a look-up.
/// What a Runpod key deployed is looked after as before: its account's key stays sealed until a newer one takes its place.
/// </summary>
internal static class RevokeKey
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapDelete("/v1/keys/{key}", HandleAsync).Needs(Scope.Keys)
        .WithName("revokeKey").WithSummary("Refuse a key from now on")
        .WithQuery("tenant", ParameterRules.Text(1, 64, "^[a-z0-9_-]+$"), "Of another tenant, for the operator.")
        .WithDescription("Revoking again is harmless. What was deployed with a Runpod key goes on; add the account's new key with `POST /v1/keys/runpod` before you revoke the old one at Runpod.")
        .Produces(StatusCodes.Status204NoContent).Refuses(ErrorCode.InvalidParameter, TenantErrors.KeyNotFound, TenantErrors.TenantNotFound);

    private static async Task<IResult> HandleAsync(
        HttpContext context, string key, ApiKeyStore keys, IdentityStore identities, TenantStore tenants, AccountKeys sealedKeys, CallerCache cache, string? tenant = null)
    {
        var (owner, refusal) = await KeyOwner.OfAsync(context, tenant, tenants, make: false);
        if (refusal is not null) return refusal;
        var isKnown = await keys.RevokeAsync(owner, key, context.RequestAborted) || await identities.RevokeAsync(owner, key, context.RequestAborted);
        cache.Forget();
        // Whoever revokes an old key with the new one in hand need not be asked for it twice.
        if (CallerFilter.CallerOf(context) is { RunpodKey: { } next, Account: { } account } caller && caller.KeyId != key && caller.Tenant == owner
            && await identities.GetAsync(owner, key, context.RequestAborted) is { } revoked && revoked.Account == account
            && await sealedKeys.FindAsync(owner, account, context.RequestAborted) is not null)
        {
            await sealedKeys.PutAsync(owner, account, next, context.RequestAborted);
        }

        return isKnown ? Results.NoContent() : Problems.Result(TenantErrors.KeyNotFound, "You have no key of this id. GET /v1/keys lists yours.");
    }
}
