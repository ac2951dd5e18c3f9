using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts;
using Rouse.Contracts.Tenants;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.Server.Auth;
using Rouse.Server.Features.Catalog;
using Rouse.Server.Http;
using Rouse.Store.Tenants;

namespace Rouse.Server.Features.Tenants;

/// <summary><c>POST /v1/keys/runpod</c>: a Runpod key of the caller's tenant, its first or its next.</summary>
internal static class AddRunpodKey
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/v1/keys/runpod", HandleAsync).Needs(Scope.Keys)
        .WithName("addRunpodKey").WithSummary("Add a Runpod key, or put a new one in place of an old one")
        .WithDescription("The key is checked with Runpod, identifies your tenant from then on, and is kept encrypted for what you deploy on its account. Deployments made with an older key of the "
            + "account go on with this one, so the older one may be revoked afterwards, here and at Runpod.")
        .Accepts<AddRunpodKeyRequest>("application/json").Produces<KeyView>(StatusCodes.Status201Created)
        .Refuses(ErrorCode.InvalidParameter, TenantErrors.AccountTaken, ErrorCode.TooLarge, ErrorCode.UnsupportedMediaType, CatalogErrors.ProviderUnreachable);

    private static async Task<IResult> HandleAsync(
        HttpContext context, IdentityStore identities, TenantStore tenants, KeyRotation rotation, CallBudget budget, CallerCache cache, RejectedKeys rejected, RouseHostOptions options, RunpodAccounts accounts)
    {
        var body = await JsonBody.ReadAsync(context, RouseJson.Default.AddRunpodKeyRequest);
        if (body.Problem is { } unreadable) return unreadable;
        var (asked, tenant, ct) = (body.Value!, CallerFilter.TenantOf(context), context.RequestAborted);
        if (options.Runpod is null) return Problems.Result(ErrorCode.InvalidParameter, "This server is not set up for Runpod.");
        if (!KeyMaker.IsName(asked.Name)) return Problems.Result(ErrorCode.InvalidParameter, $"name must be 1 to {KeyMaker.MaxName} characters without control characters.");
        if (asked.ApiKey is null || !RunpodLogins.CouldBeOne(asked.ApiKey)) return Problems.Result(ErrorCode.InvalidParameter, "api_key must be a key of Runpod's.");
        if (!budget.TryTake(tenant))
        {
            context.Response.Headers.RetryAfter = ((int)CallBudget.Window.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            return Problems.Result(CatalogErrors.TooMany, $"Keys are checked {CallBudget.Most} times a minute at most. Wait a minute.");
        }

        RunpodVerdict verdict;
        var key = new Secret(asked.ApiKey);
        try
        {
            verdict = await accounts.CheckAsync(key, ct);
        }
        catch (ProviderException fault)
        {
            return Problems.Result(CatalogErrors.ProviderUnreachable, fault.Message);
        }

        if (verdict.Account is not { } account) return Problems.Result(ErrorCode.InvalidParameter, "api_key: Runpod refuses this key.");
        if (await identities.OwnerOfAsync(account, ct) is { } owner && owner != tenant) return Taken();
        if (!await tenants.EnsureAsync(tenant, TenantKind.Operator, ct)) return Problems.Result(TenantErrors.NameTaken, "Its short name at providers would be that of another tenant.");
        if (await identities.AddAsync(accounts.Identity(tenant, account, asked.Name!, key), TenantKind.Operator, ct) is not { } identity || identity.Tenant != tenant) return Taken();
        await identities.RestoreAsync(tenant, identity.Id, ct);
        await rotation.PutAsync(tenant, identity.Account, key, ct);
        await tenants.SetHomeAsync(tenant, identity.Account, ct);
        rejected.Forget(identity.Digest);
        cache.Forget();
        return Results.Json(KeyViews.Of(identity with { RevokedAt = null }), RouseJson.Default.KeyView, statusCode: StatusCodes.Status201Created);
    }

    private static IResult Taken() => Problems.Result(TenantErrors.AccountTaken, "This key's Runpod account is another tenant's here. Whoever calls with the key itself is that tenant.");
}
