namespace Rouse.Store.Jobs;

/// <summary>Header fields in one column: a field a line, as HTTP/1.1 writes them. Neither names nor values can hold a line's end.</summary>
internal static class HeaderLines
{
    public static string Write(IEnumerable<KeyValuePair<string, string>> headers) =>
        string.Join('\n', headers.Where(static header => !header.Value.AsSpan().ContainsAny('\r', '\n')).Select(static header => $"{header.Key}:{header.Value}"));

    public static IReadOnlyList<KeyValuePair<string, string>> Read(string lines) =>
        [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => KeyValuePair.Create(line[..line.IndexOf(':')], line[(line.IndexOf(':') + 1)..]))];
}
