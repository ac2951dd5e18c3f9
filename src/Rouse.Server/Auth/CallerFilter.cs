using System.Net;
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

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        if (callers.DevelopmentMode && !IsThisMachine(http.Request.Host.Host))
        {
            // A web page on another name that resolves to loopback (DNS rebinding) must not reach an open server.
            return Problems.Result(ErrorCode.HostNotAllowed, "In development mode the Host must be localhost or a loopback address.");
        }

        // A route that forgot to say what it needs serves nobody: a test finds it before a caller does.
        var needed = http.GetEndpoint()?.Metadata.GetMetadata<NeededScope>()
            ?? throw new InvalidOperationException($"{http.GetEndpoint()?.DisplayName} does not say which scope its callers need.");
        var (caller, refusal) = await callers.IdentifyAsync(http);
        if (caller is null) return refusal!.Answer(http);
        if (limits.Refuse(http, caller.Tenant) is { } tooMany) return tooMany;
        if (!caller.Scopes.Holds(needed.Scope)) return Forbidden(needed.Scope);
        http.Items[s_key] = caller;
        return await next(context);
    }

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

    private static bool IsThisMachine(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
