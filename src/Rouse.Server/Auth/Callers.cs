using System.Globalization;
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
    private static readonly Caller s_local = new(TenantId.Parse("local"), Scopes.All, CredentialKind.None);

    public bool DevelopmentMode => !keys.Any;

    public ValueTask<Identified> IdentifyAsync(HttpContext context) => ValueTask.FromResult(Identify(context.Request));

    private Identified Identify(HttpRequest request)
    {
        var credential = Credential(request);
        if (credential is null)
        {
            return DevelopmentMode ? s_local : new Refusal(ErrorCode.Unauthorized, "Send your key as 'Authorization: Bearer <key>' or 'X-Runpod-Api-Key: <key>'.");
        }

        if (keys.Find(credential) is { } known) return known;
        return new Refusal(ErrorCode.Unauthorized, DevelopmentMode
            ? "This server runs in development mode and knows no keys, so it cannot check yours. Send none, or start it with ROUSE_API_KEYS."
            : "This key is not known here.");
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

/// <summary>A caller, or why there is none; exactly one is set.</summary>
internal readonly record struct Identified(Caller? Caller, Refusal? Refusal)
{
    public static implicit operator Identified(Caller caller) => new(caller, null);

    public static implicit operator Identified(Refusal refusal) => new(null, refusal);
}

/// <param name="RetryAfter">When asking again makes sense; null when it never does.</param>
internal sealed record Refusal(ErrorCode Code, string Sentence, TimeSpan? RetryAfter = null)
{
    public IResult Answer(HttpContext context)
    {
        if (Code.Status == StatusCodes.Status401Unauthorized) context.Response.Headers.WWWAuthenticate = "Bearer";
        if (RetryAfter is { } wait) context.Response.Headers.RetryAfter = ((int)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        return Problems.Result(Code, Sentence);
    }
}
