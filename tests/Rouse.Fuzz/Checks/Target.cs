using Rouse.Fuzz.Cases;

namespace Rouse.Fuzz.Checks;

/// <summary>What of a request's form is beyond the document: there the server may answer before any operation is reached.</summary>
internal static class Target
{
    /// <summary>Kestrel's bounds of a request line and of all headers, in bytes, with room for what is sent besides.</summary>
    private const int LongLine = 8_000;

    private const int LongHeaders = 30_000;

    /// <summary>Bytes that HTTP does not allow there: answered 400, 414 or 431 by the server's own parser, which has no body for it.</summary>
    public static bool IsUnreadable(FuzzCase one) =>
        one.Target.AsSpan().ContainsAnyExceptInRange('!', '~') || one.Target.Contains("%00", StringComparison.Ordinal) || one.Target.Length > LongLine
        || HasBrokenEscape(one.Path)
        || Headers(one).Any(header => header.Value.Any(letter => letter is < ' ' and not '\t' or > '~'))
        || Headers(one).Sum(header => header.Name.Length + header.Value.Length + 4) > LongHeaders;

    /// <summary>Whether the path is the operation's own: dot segments, doubled slashes and the like lead elsewhere, or nowhere.</summary>
    public static bool IsClear(FuzzCase one, string template)
    {
        var (given, expected) = (one.Path.Split('/'), template.Split('/'));
        if (given.Length != expected.Length) return false;
        return given.Zip(expected).All(static pair => pair.Second.StartsWith('{')
            ? Escaping.TryUnescape(pair.First) is { Length: > 0 } text && text is not ("." or "..") && !text.Contains('/', StringComparison.Ordinal) && !text.Contains('\0', StringComparison.Ordinal)
            : pair.First == pair.Second);
    }

    private static IEnumerable<(string Name, string Value)> Headers(FuzzCase one) => one.Caller == Caller.Forger ? one.Headers.Add(one.Forgery) : one.Headers;

    private static bool HasBrokenEscape(string path) => path.Contains('%', StringComparison.Ordinal) && Escaping.TryUnescape(path) is null;
}
