using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts;
using Rouse.Contracts.Tenants;
using Rouse.Server.Auth;
using Rouse.Server.Http;
using Rouse.Server.Secrets;
using Rouse.Store.Tenants;

namespace Rouse.Server.Features.Tenants;

/// <summary><c>POST /v1/keys</c>: a key of this server's own making, shown once. Nobody gives away more than they have.</summary>
internal static class CreateKey
{
    /// <summary>Of a tenant and not revoked. More is a program that forgets to revoke.</summary>
    public const int MostKeys = 1_000;

    private const long LeastSeconds = 60;
    private const long MostSeconds = 315_360_000;

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/v1/keys", HandleAsync).Needs(Scope.Keys)
        .WithName("createKey").WithSummary("Make a key")
        .WithDescription("The answer shows the key, once; with an `Idempotency-Key` it is kept sealed for 24 h, and the same caller's repetition gets it again. Its scopes are the caller's or fewer; for another "
            + "tenant the caller needs the scope `admin`.")
        .WithHeader(IdempotencyHeader.Name, IdempotencyHeader.Rule, IdempotencyHeader.Words)
        .Accepts<CreateKeyRequest>("application/json").Produces<CreatedKey>(StatusCodes.Status201Created)
        .Refuses(ErrorCode.InvalidParameter, TenantErrors.TenantNotFound, TenantErrors.TooManyKeys, TenantErrors.KeyNotShown, ErrorCode.IdempotencyInProgress, ErrorCode.TooLarge, ErrorCode.UnsupportedMediaType,
            ErrorCode.IdempotencyMismatch);

    private static async Task<IResult> HandleAsync(HttpContext context, KeyMaker maker, ApiKeyStore keys, RepeatedKeys repeats, TenantStore tenants, AccountKeys sealedKeys)
    {
        var body = await JsonBody.ReadAsync(context, RouseJson.Default.CreateKeyRequest);
        if (body.Problem is { } unreadable) return unreadable;
        var (asked, caller) = (body.Value!, CallerFilter.CallerOf(context));
        if (!KeyMaker.IsName(asked.Name)) return Wrong("name", $"1 to {KeyMaker.MaxName} characters without control characters");
        if (!Scopes.TryParse(asked.Scopes ?? ["deploy"], out var scopes)) return Wrong("scopes", $"a list of: {string.Join(", ", Scopes.AllWords)}");
        if (asked.ExpiresInSeconds is < LeastSeconds or > MostSeconds) return Wrong("expires_in_seconds", $"{LeastSeconds} to {MostSeconds}");
        if (!caller.Scopes.Hold(scopes)) return CallerFilter.Forbidden(scopes.Holds(Scope.Admin) ? Scope.Admin : Scope.Keys);
        var (tenant, refusal) = await KeyOwner.OfAsync(context, asked.Tenant, tenants, make: true);
        if (refusal is not null) return refusal;
        // After everything that this caller may not do: what it was answered before, it may still do.
        if (!repeats.TryRead(context, caller, body.Bytes, out var repeat, out var badKey)) return badKey!;
        if (repeat is not null && await repeats.FindAsync(caller.Tenant, repeat, context.RequestAborted) is { } repeated) return repeated;
        // The new key brings no account of its own along, so that of the caller is kept for what it will deploy.
        if (caller is { RunpodKey: { } runpod, Account: { } account } && scopes.Holds(Scope.Deploy) && tenant == caller.Tenant)
        {
            await sealedKeys.PutAsync(tenant, account, runpod, context.RequestAborted);
        }

        var (record, key) = maker.Make(tenant, asked.Name!, scopes, asked.ExpiresInSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null);
        var reply = KeyViews.WithKey(record, key);
        var outcome = await keys.TryInsertAsync(record, MostKeys, context.RequestAborted, caller.Tenant, repeat is null ? null : repeats.Record(caller.Tenant, repeat, reply));
        if (outcome is null) return Problems.Result(TenantErrors.TooManyKeys, $"A tenant may have {MostKeys} keys that are not revoked. Revoke some.");
        if (repeats.Answer(caller.Tenant, outcome) is { } raced) return raced;
        context.Response.Headers.CacheControl = "no-store";
        return Results.Json(reply, RouseJson.Default.CreatedKey, statusCode: StatusCodes.Status201Created);
    }

    private static IResult Wrong(string member, string expected) => Problems.Result(ErrorCode.InvalidParameter, $"{member} must be {expected}.");
}
