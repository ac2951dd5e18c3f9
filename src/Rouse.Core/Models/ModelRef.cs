namespace Rouse.Core.Models;

public enum ModelSource
{
    /// <summary>A repository of the model hub: <c>org/name</c>, optionally <c>@revision</c>.</summary>
    Hub,

    /// <summary>A folder on the server's machine.</summary>
    Folder,

    /// <summary>No model that we know of, but a server that speaks HTTP (<see cref="Deployments.HttpService"/>).</summary>
    Service,
}

/// <summary>What is deployed: <c>hf:org/name@revision</c>, <c>file:/absolute/path</c>, or <c>service:</c> and what runs.</summary>
public sealed record ModelRef
{
    public const int MaxIdLength = 256;
    public const int MaxRevisionLength = 128;
    private const string NameCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

    private ModelRef(ModelSource source, string id, string? revision) => (Source, Id, Revision) = (source, id, revision);

    public ModelSource Source { get; }

    /// <summary>The repository id, the absolute path of the folder, or the service's image, pod or address.</summary>
    public string Id { get; }

    /// <summary>Branch, tag or commit; null means the hub's default branch. Workers pin it to a commit.</summary>
    public string? Revision { get; }

    /// <summary>Parses <c>org/name</c>, <c>name</c> or either with <c>@revision</c>.</summary>
    public static bool TryParseHub(string? text, out ModelRef? model)
    {
        model = null;
        if (text is null) return false;
        var at = text.IndexOf('@', StringComparison.Ordinal);
        var id = at < 0 ? text : text[..at];
        var revision = at < 0 ? null : text[(at + 1)..];
        if (id.Length is 0 or > MaxIdLength) return false;
        var parts = id.Split('/');
        if (parts.Length > 2 || !Array.TrueForAll(parts, IsName)) return false;
        if (revision is not null && !IsRevision(revision)) return false;
        model = new ModelRef(ModelSource.Hub, id, revision);
        return true;
    }

    /// <summary>Parses an absolute path; it must be written in full, without <c>.</c> or <c>..</c> segments.</summary>
    public static bool TryParseFolder(string? path, out ModelRef? model)
    {
        model = null;
        if (path is not { Length: > 1 and <= 4096 } || path.Contains('\0', StringComparison.Ordinal) || !Path.IsPathFullyQualified(path)) return false;
        var trimmed = Path.TrimEndingDirectorySeparator(path);
        if (!string.Equals(Path.GetFullPath(trimmed), trimmed, StringComparison.Ordinal)) return false;
        model = new ModelRef(ModelSource.Folder, trimmed, null);
        return true;
    }

    /// <summary>The name of what a service runs, for lists and prices.</summary>
    public static ModelRef Of(Deployments.HttpService service) =>
        new(ModelSource.Service, service.Image ?? (service.PodId is { } pod ? $"pod/{pod}" : service.Upstream!.ToString()), null);

    /// <summary>The inverse of <see cref="ToString"/>.</summary>
    public static ModelRef Parse(string text)
    {
        ModelRef? model = null;
        if (text.StartsWith("service:", StringComparison.Ordinal)) return new ModelRef(ModelSource.Service, text["service:".Length..], null);
        var ok = text.StartsWith("hf:", StringComparison.Ordinal) ? TryParseHub(text[3..], out model)
            : text.StartsWith("file:", StringComparison.Ordinal) && TryParseFolder(text[5..], out model);
        return ok ? model! : throw new FormatException($"'{text}' is not a model reference.");
    }

    public override string ToString() => Source switch
    {
        ModelSource.Folder => $"file:{Id}",
        ModelSource.Service => $"service:{Id}",
        _ => Revision is null ? $"hf:{Id}" : $"hf:{Id}@{Revision}",
    };

    private static bool IsName(string part) =>
        part.Length is > 0 and <= 96 && !part.AsSpan().ContainsAnyExcept(NameCharacters) && part[0] is not ('.' or '-')
        && part[^1] is not ('.' or '-') && !part.Contains("..", StringComparison.Ordinal) && !part.Contains("--", StringComparison.Ordinal);

    private static bool IsRevision(string revision) =>
        revision.Length is > 0 and <= MaxRevisionLength && !revision.AsSpan().ContainsAnyExcept(NameCharacters + "/")
        && !revision.Contains("..", StringComparison.Ordinal) && !revision.Contains("//", StringComparison.Ordinal)
        && revision[0] is not ('/' or '.' or '-') && revision[^1] is not '/';
}
