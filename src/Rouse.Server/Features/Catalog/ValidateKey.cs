using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts;
using Rouse.Contracts.Catalog;
using Rouse.Core.Tenancy;
using Rouse.Server.Auth;
using Rouse.Server.Http;

namespace Rouse.Server.Features.Catalog;

/// <summary><c>POST /v1/providers/validate</c>: is this key good? For known callers only, and not often: see <see cref="CallBudget"/>.</summary>
internal static class ValidateKey
{
    public const int MaxKey = 4096;

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/v1/providers/validate", HandleAsync).Needs(Scope.Deploy)
        .WithName("validateProviderKey").WithSummary("Tell whether a provider accepts a key")
        .WithDescription($"`provider` is one of {string.Join(", ", KeyChecks.Words)}. At most {CallBudget.Most} calls a minute. The key is tried once and not kept.")
        .Accepts<ValidateKeyRequest>("application/json").Produces<ValidateKeyReply>()
        .Refuses(
            ErrorCode.InvalidParameter, ErrorCode.Unauthorized, ErrorCode.TooLarge, ErrorCode.UnsupportedMediaType, CatalogErrors.TooMany, CatalogErrors.ProviderUnreachable);

    private static async Task<IResult> HandleAsync(HttpContext context, KeyChecks checks, CallBudget budget)
    {
        var body = await JsonBody.ReadAsync(context, RouseJson.Default.ValidateKeyRequest);
        if (body.Problem is { } unreadable) return unreadable;
        var (provider, key) = (body.Value!.Provider, body.Value.ApiKey);
        if (provider is null || !KeyChecks.Words.Contains(provider, StringComparer.Ordinal)) return Wrong("provider", $"one of {string.Join(", ", KeyChecks.Words)}");
        // Goes into a header of a request of ours.
        if (key is not { Length: > 0 and <= MaxKey } || key.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            return Wrong("api_key", $"1 to {MaxKey} printable ASCII characters without blanks");
        }

        if (!budget.TryTake(CallerFilter.TenantOf(context)))
        {
            context.Response.Headers.RetryAfter = ((int)CallBudget.Window.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            return Problems.Result(CatalogErrors.TooMany, $"Keys are checked {CallBudget.Most} times a minute at most. Wait a minute.");
        }

        var verdict = await checks.CheckAsync(provider, new Secret(key), context.RequestAborted);
        return verdict.IsValid is { } valid
            ? Results.Json(new ValidateKeyReply(valid, verdict.Message), RouseJson.Default.ValidateKeyReply)
            : Problems.Result(CatalogErrors.ProviderUnreachable, verdict.Message);
    }

    private static IResult Wrong(string member, string expected) => Problems.Result(ErrorCode.InvalidParameter, $"{member} must be {expected}.");
}
