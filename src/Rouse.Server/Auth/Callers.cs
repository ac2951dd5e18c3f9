using System.Globalization;
using Microsoft.AspNetCore.Http;
using Rouse.Core.Tenancy;
using Rouse.Server.Http;

namespace Rouse.Server.Auth;

/// <summary>
/// Who calls. A credential is never taken unchecked. With no key configured and none in the store the server is in development mode: it listens on
/// loopback only, and whoever reaches it without a credential is the tenant <c>local</c>.
/// </summary>
/// <param name="book">Null for a job plane alone, which knows the configured keys only.</param>
internal sealed class Callers(ApiKeys keys, CredentialBook? book = null)
{
    public static readonly TenantId LocalTenant = TenantId.Parse("local");

    private static readonly Caller s_local = new(LocalTenant, Scopes.All, CredentialKind.None);

    public bool DevelopmentMode => !keys.Any;

    public ValueTask<Identified> IdentifyAsync(HttpContext context)
    {
        if (Credential.Of(context.Request) is { } credential)
        {
            if (book is not null) return book.IdentifyAsync(credential, new Visitor(context.Connection.RemoteIpAddress, context.RequestAborted));
            return ValueTask.FromResult<Identified>(keys.Find(credential) is { } known ? known : new Refusal(ErrorCode.Unauthorized, "This key is not known here."));
        }

        return ValueTask.FromResult<Identified>(
            DevelopmentMode ? s_local : new Refusal(ErrorCode.Unauthorized, "Send your key as 'Authorization: Bearer <key>' or 'X-Runpod-Api-Key: <key>'."));
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
