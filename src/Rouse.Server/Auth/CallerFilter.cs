using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Rouse.Core.Tenancy;
using Rouse.Server.Http;
using Rouse.Server.Limits;

namespace Rouse.Server.Auth;

/// <summary>Puts the caller on the request, or answers 401; answers 429 where the tenant has used up its minute, and 403 where the credential lacks the route's <see cref="NeededScope"/>.</summary>
internal sealed class CallerFilter(Callers callers, RateLimits limits) : IEndpointFilter
{
    private static readonly object s_key = new();

    private readonly CallerGate _gate = new(callers, limits);

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        // A route that forgot to say what it needs serves nobody: a test finds it before a caller does.
        var needed = http.GetEndpoint()?.Metadata.GetMetadata<NeededScope>()
            ?? throw new InvalidOperationException($"{http.GetEndpoint()?.DisplayName} does not say which scope its callers need.");
        var (caller, refusal) = await _gate.EnterAsync(http, needed);
        if (caller is null) return refusal;
        Put(http, caller);
        return await next(context);
    }

    /// <summary>For what is served without the filter and goes on to what asks for the caller.</summary>
    public static void Put(HttpContext context, Caller caller) => context.Items[s_key] = caller;

    public static Caller CallerOf(HttpContext context) =>
        context.Items[s_key] as Caller ?? throw new InvalidOperationException("The route has no CallerFilter.");

    public static TenantId TenantOf(HttpContext context) => CallerOf(context).Tenant;

    public static IResult Forbidden(Scope missing)
    {
        var word = Scopes.Word(missing);
        return Problems.Result(
            ErrorCode.Forbidden, $"Your key lacks the scope '{word}' that this operation needs.",
            new Dictionary<string, JsonElement>(StringComparer.Ordinal) { ["missing_scope"] = JsonSerializer.SerializeToElement(word, Features.Deployments.DetailsJson.Default.String) });
    }
}
