namespace Rouse.Worker.Engines.Process;

/// <summary>A path, with a query perhaps, that stays on its server: callers send them.</summary>
internal static class ServerPath
{
    /// <summary>Characters; what servers commonly take of a request line.</summary>
    public const int MaxLength = 8_000;

    /// <returns>Null where it is one; else what it must be, to be put behind its name.</returns>
    public static string? Fault(string path)
    {
        if (path.Length > MaxLength) return $"must be at most {MaxLength} characters long";
        // "//host" and "/\host" are addresses of other servers to some readers.
        if (!path.StartsWith('/') || path.StartsWith("//", StringComparison.Ordinal) || path.Contains('\\', StringComparison.Ordinal)) return "must begin with one '/' and hold no '\\'";
        foreach (var c in path)
        {
            if (c is <= ' ' or > '~' or '#') return "may hold printable ASCII but '#': escape other characters as %XX";
        }

        var query = path.IndexOf('?', StringComparison.Ordinal);
        var decoded = path[..(query < 0 ? path.Length : query)];
        // A server behind a proxy decodes twice.
        for (var i = 0; i < 2; i++) decoded = Uri.UnescapeDataString(decoded);
        return decoded.Split('/', '\\').Any(static part => part is "." or "..") ? "may not hold '.' or '..' as a part" : null;
    }
}
