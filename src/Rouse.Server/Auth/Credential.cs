using Microsoft.AspNetCore.Http;

namespace Rouse.Server.Auth;

/// <summary>What a request shows to say who sent it.</summary>
internal static class Credential
{
    /// <summary>Characters; the longest key of any kind has fewer than half of them.</summary>
    public const int MaxLength = 512;

    /// <summary><c>Authorization: Bearer</c> before <c>X-Runpod-Api-Key</c>, as the seed has it. Null when there is none.</summary>
    public static string? Of(HttpRequest request)
    {
        var authorization = request.Headers.Authorization.ToString();
        if (authorization.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)) return authorization["Bearer ".Length..].Trim();
        if (request.Headers["X-Runpod-Api-Key"].ToString() is { Length: > 0 } key) return key.Trim();
        // A raw key without a scheme is what Runpod's own data plane accepts as well.
        return authorization.Length > 0 ? authorization.Trim() : null;
    }

    /// <summary>Printable ASCII without blanks, of a length that a key can have. Anything else is not looked for.</summary>
    public static bool IsWellFormed(string text) => text.Length is >= ApiKeys.MinKeyLength and <= MaxLength && !text.AsSpan().ContainsAnyExceptInRange('!', '~');

    /// <summary>The end of a key, to tell it from others of the same owner. Of a short one nothing.</summary>
    public static string Hint(string key) => key.Length >= 24 ? key[^4..] : "";
}
