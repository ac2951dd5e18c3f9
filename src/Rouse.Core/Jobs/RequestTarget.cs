using System.Buffers;

namespace Rouse.Core.Jobs;

/// <summary>Method and target of a request that callers name in words of their own.</summary>
public static class RequestTarget
{
    /// <summary>As long as a request line may be, less the method.</summary>
    public const int MaxLength = 8000;

    private static readonly string[] s_methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

    // RFC 3986 §3.3 and §3.4: what a path and a query are made of.
    private static readonly SearchValues<char> s_allowed = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@%/?");

    /// <summary>In capitals; null when it is none that is forwarded.</summary>
    public static string? Method(string? word) => word is null ? null : Array.Find(s_methods, known => known.Equals(word, StringComparison.OrdinalIgnoreCase));

    /// <summary>Path and query from the root, which lead nowhere above it.</summary>
    public static bool IsTarget(string? text)
    {
        if (text is not { Length: > 0 and <= MaxLength } || text[0] != '/' || text.AsSpan().ContainsAnyExcept(s_allowed)) return false;
        var path = text.AsSpan(0, text.IndexOf('?') is var query and >= 0 ? query : text.Length);
        foreach (var range in path.Split('/'))
        {
            // A backend's own path stands before ours; a segment of dots, however it is spelled, would take that away.
            if (path[range].ToString().Replace("%2e", ".", StringComparison.OrdinalIgnoreCase) is "." or "..") return false;
        }

        return true;
    }
}
