using Microsoft.Extensions.Primitives;

namespace Rouse.Gateway.Forwarding;

/// <summary>The <c>Cookie</c> header: a backend's cookies share this server's host with whatever cookies are this server's own.</summary>
internal static class Cookies
{
    /// <summary>Of this server's own cookies, all of them.</summary>
    public const string OwnPrefix = "rouse";

    /// <returns>All that are not ours, in one line: HTTP/2 cuts them in pieces (RFC 9113 §8.2.3). Empty where nothing is left.</returns>
    public static string ForBackend(StringValues cookies)
    {
        var line = cookies.Count == 1 ? cookies[0] ?? "" : string.Join("; ", (IEnumerable<string?>)cookies);
        if (!line.Contains(OwnPrefix, StringComparison.OrdinalIgnoreCase)) return line;
        return string.Join("; ", line.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(static pair =>
            !pair.StartsWith(OwnPrefix, StringComparison.OrdinalIgnoreCase) && !pair.StartsWith("__Host-" + OwnPrefix, StringComparison.OrdinalIgnoreCase)));
    }
}
