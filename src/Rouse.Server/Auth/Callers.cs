using System.Net;
using Microsoft.AspNetCore.Http;
using Rouse.Core.Tenancy;
using Rouse.Server.Http;

namespace Rouse.Server.Auth;

/// <summary>
/// Who calls. A credential is read from <c>Authorization: Bearer</c> or <c>X-Runpod-Api-Key</c> and is never taken unchecked. Without any
/// configured key the server is in development mode: it listens on loopback only, and whoever reaches it is the tenant <c>local</c>.
/// </summary>
internal sealed class Callers(ApiKeys keys)
{
    private static readonly TenantId s_local = TenantId.Parse("local");

    public bool DevelopmentMode => !keys.Any;

    /// <summary>The tenant, or null and why not.</summary>
    public (TenantId? Tenant, string? Refusal) Identify(HttpRequest request)
    {
        var credential = Credential(request);
        if (credential is null)
        {
            return DevelopmentMode ? (s_local, null) : (null, "Send your key as 'Authorization: Bearer <key>' or 'X-Runpod-Api-Key: <key>'.");
        }

        if (DevelopmentMode)
        {
            return (null, "This server runs in development mode and knows no keys, so it cannot check yours. Send none, or start it with ROUSE_API_KEYS.");
        }

        return keys.Find(credential) is { } tenant ? (tenant, null) : (null, "This key is not known here.");
    }

    private static string? Credential(HttpRequest request)
    {
        var authorization = request.Headers.Authorization.ToString();
        if (authorization.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)) return authorization["Bearer ".Length..].Trim();
        if (request.Headers["X-Runpod-Api-Key"].ToString() is { Length: > 0 } key) return key.Trim();
        // A raw key without a scheme is what Runpod's own data plane accepts as well.
        return authorization.Length > 0 ? authorization.Trim() : null;
    }
}

/// <summary>Puts the caller's tenant on the request, or answers 401.</summary>
internal sealed class CallerFilter(Callers callers) : IEndpointFilter
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

        var (tenant, refusal) = callers.Identify(http.Request);
        if (tenant is not { } known)
        {
            http.Response.Headers.WWWAuthenticate = "Bearer";
            return Problems.Result(ErrorCode.Unauthorized, refusal!);
        }

        http.Items[s_key] = known;
        return await next(context);
    }

    public static TenantId TenantOf(HttpContext context) =>
        context.Items[s_key] is TenantId tenant ? tenant : throw new InvalidOperationException("The route has no CallerFilter.");

    private static bool IsThisMachine(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
