using System.Diagnostics.CodeAnalysis;

namespace Rouse.Worker.Weights;

/// <summary>A hub repository: <c>org/name</c> or <c>name</c>, with an optional <c>@revision</c>.</summary>
/// <param name="Revision">Branch, tag or commit; <c>main</c> when none was named.</param>
internal sealed record HubModel(string Id, string Revision)
{
    public const string DefaultRevision = "main";
    private const string NameCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

    /// <summary>A full commit id never moves, so it needs no question to the hub.</summary>
    public bool IsPinned => IsCommit(Revision);

    public static bool TryParse(string text, [NotNullWhen(true)] out HubModel? model)
    {
        var at = text.IndexOf('@', StringComparison.Ordinal);
        var id = at < 0 ? text : text[..at];
        var revision = at < 0 ? DefaultRevision : text[(at + 1)..];
        var good = id.Split('/') is { Length: 1 or 2 } parts && Array.TrueForAll(parts, IsName)
            && revision.Length <= 128 && Array.TrueForAll(revision.Split('/'), IsName);
        model = good ? new HubModel(id, revision) : null;
        return good;
    }

    public static bool IsCommit(string text) => text.Length == 40 && !text.AsSpan().ContainsAnyExcept("0123456789abcdef");

    public override string ToString() => $"{Id}@{Revision}";

    // The names become folders of the cache.
    private static bool IsName(string part) =>
        part.Length is > 0 and <= 96 && !part.AsSpan().ContainsAnyExcept(NameCharacters) && part[0] is not ('.' or '-')
        && !part.Contains("..", StringComparison.Ordinal) && !part.Contains("--", StringComparison.Ordinal);
}

/// <param name="Endpoint">Without a trailing slash.</param>
/// <param name="Token">Sent to the endpoint's own host only.</param>
/// <param name="CacheRoot">Holds <c>hub/models--org--name/…</c>.</param>
internal sealed record HubSettings(string Endpoint, string? Token, string CacheRoot)
{
    public const string DefaultEndpoint = "https://huggingface.co";

    /// <summary>A cache that the platform fills and nobody here writes to; null where there is none.</summary>
    public string? HostCache { get; init; }
}
