using System.Diagnostics.CodeAnalysis;

namespace Rouse.Contracts.Workers;

/// <summary>
/// The name of something a job made: <c>&lt;SHA-256&gt;.&lt;ending&gt;</c>. What is different never has the same name, the same bytes are stored once, and storing them again changes
/// nothing. The ending says what it is served as, so nobody can have a page of his served as one of ours.
/// </summary>
public static class OutputName
{
    /// <summary>Hexadecimal digits of a SHA-256.</summary>
    public const int DigestLength = 64;

    /// <summary>What has no ending of its own.</summary>
    public const string Unknown = "application/octet-stream";

    // No type that a browser runs as a page: no HTML, no SVG.
    private static readonly (string Ending, string MediaType)[] s_types =
    [
        ("png", "image/png"), ("jpg", "image/jpeg"), ("webp", "image/webp"), ("gif", "image/gif"), ("avif", "image/avif"),
        ("mp4", "video/mp4"), ("webm", "video/webm"), ("mov", "video/quicktime"),
        ("wav", "audio/wav"), ("mp3", "audio/mpeg"), ("flac", "audio/flac"), ("ogg", "audio/ogg"), ("opus", "audio/opus"),
        ("json", "application/json"), ("bin", Unknown),
    ];

    /// <param name="sha256">In lower case hexadecimal.</param>
    /// <param name="mediaType">One that is not known is <see cref="Unknown"/>.</param>
    public static string Of(string sha256, string mediaType) => $"{sha256}.{EndingOf(mediaType)}";

    public static string EndingOf(string mediaType) => Array.Find(s_types, type => type.MediaType.Equals(mediaType, StringComparison.OrdinalIgnoreCase)).Ending ?? "bin";

    /// <summary>Where it lies below a store's root: in 256 folders.</summary>
    public static string PathOf(string name) => $"{name.AsSpan(0, 2)}/{name}";

    public static bool TryParse(string? text, [NotNullWhen(true)] out string? sha256, [NotNullWhen(true)] out string? mediaType)
    {
        (sha256, mediaType) = (null, null);
        if (text is null || text.Length <= DigestLength + 1 || text[DigestLength] != '.' || !IsDigest(text.AsSpan(0, DigestLength))) return false;
        var ending = text[(DigestLength + 1)..];
        mediaType = Array.Find(s_types, type => type.Ending == ending).MediaType;
        if (mediaType is null) return false;
        sha256 = text[..DigestLength];
        return true;
    }

    public static bool IsDigest(ReadOnlySpan<char> text) => text.Length == DigestLength && !text.ContainsAnyExcept("0123456789abcdef");
}
