using Microsoft.Extensions.Primitives;

namespace Rouse.Gateway.Forwarding;

/// <summary>The <c>Prefer</c> header (RFC 7240): two of its wishes are ours to grant, the rest is the backend's.</summary>
internal static class Preferences
{
    /// <returns>What is left without <c>respond-async</c> and <c>wait</c>; empty where nothing is.</returns>
    public static string ForBackend(StringValues wishes) => string.Join(
        ", ", wishes.SelectMany(static line => (line ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).Where(static wish => !IsOurs(wish)));

    private static bool IsOurs(string wish)
    {
        var name = wish.AsSpan(0, wish.AsSpan().IndexOfAny('=', ';') is var end and >= 0 ? end : wish.Length).Trim();
        return name.Equals("respond-async", StringComparison.OrdinalIgnoreCase) || name.Equals("wait", StringComparison.OrdinalIgnoreCase);
    }
}
