using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Rouse.Gateway.Routing;

namespace Rouse.Gateway.Forwarding;

/// <summary>Where at a backend a request goes: its path and query byte for byte, nothing decoded, encoded, merged or resolved.</summary>
public static class BackendTarget
{
    // RFC 9112 §3.2 and RFC 3986: visible ASCII, and no fragment. Quotes and braces are not theirs, but browsers send them and they confuse nobody.
    private static readonly SearchValues<char> s_visible = SearchValues.Create(string.Concat(Enumerable.Range('!', '~' - '!' + 1).Where(static c => c != '#').Select(static c => (char)c)));

    /// <param name="pathAndQuery">As the caller wrote it, beginning with a slash.</param>
    /// <returns>
    /// Whether it can be sent. It cannot if a byte of it has no place in a request line, or if it climbs by dot segments (<c>..</c>, also encoded) at a backend whose
    /// address has a path of its own: it would leave what the address names.
    /// </returns>
    public static bool TryMake(RouteBackend backend, string pathAndQuery, [NotNullWhen(true)] out Uri? target)
    {
        target = null;
        if (pathAndQuery is not ['/', ..] || pathAndQuery.AsSpan().ContainsAnyExcept(s_visible)) return false;
        // Without a path the address ends with the slash that the path begins with.
        var address = backend.Address.AbsoluteUri;
        var hasPath = backend.Address.AbsolutePath is not "/";
        if (hasPath && Climbs(pathAndQuery)) return false;
        var text = string.Concat(address.AsSpan().TrimEnd('/'), pathAndQuery);
        return Uri.TryCreate(text, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }, out target);
    }

    /// <summary>The rest of a request's raw target after <c>{prefix}{name}</c>, byte for byte; a slash where nothing follows.</summary>
    /// <param name="rawTarget">Of <c>IHttpRequestFeature</c>: as it was sent, in origin form (<c>/d/a/b?c</c>) or absolute form.</param>
    /// <param name="prefix">With its slashes, such as <c>/d/</c>.</param>
    /// <param name="name">What routing took for the segment after it, decoded.</param>
    /// <returns>
    /// False where the raw target reads otherwise than the path that routing saw, for example <c>/d/a/../b</c> for <c>b</c>: then one of the two is being deceived.
    /// </returns>
    public static bool TryTakeRest(string rawTarget, string prefix, string name, [NotNullWhen(true)] out string? pathAndQuery)
    {
        pathAndQuery = null;
        var rest = rawTarget.AsSpan();
        if (rest is not ['/', ..])
        {
            var scheme = rest.IndexOf("://");
            var path = scheme < 0 ? -1 : rest[(scheme + 3)..].IndexOf('/');
            if (path < 0) return false;
            rest = rest[(scheme + 3 + path)..];
        }

        if (!rest.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)) return false;
        rest = rest[prefix.Length..];
        var end = rest.IndexOfAny('/', '?');
        var segment = end < 0 ? rest : rest[..end];
        if (!segment.SequenceEqual(name) && !string.Equals(Uri.UnescapeDataString(segment), name, StringComparison.Ordinal)) return false;
        pathAndQuery = end < 0 ? "/" : rest[end] == '/' ? new string(rest[end..]) : string.Concat("/", rest[end..]);
        return true;
    }

    private static bool Climbs(string pathAndQuery)
    {
        var path = pathAndQuery.AsSpan();
        if (path.IndexOf('?') is var query and >= 0) path = path[..query];
        if (!path.Contains('.') && !path.Contains('%')) return false;
        // What one server takes for a slash, the next does not; so a backslash and the encoded ones part segments too. Decoded twice, as some do.
        var decoded = Uri.UnescapeDataString(Uri.UnescapeDataString(path)).Replace('\\', '/');
        return decoded.Split('/').Any(static segment => segment.Split(';')[0] is "..");
    }
}
