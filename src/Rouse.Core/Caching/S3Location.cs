using System.Diagnostics.CodeAnalysis;

namespace Rouse.Core.Caching;

/// <summary>A place in an S3 store: <c>s3://bucket/prefix</c>, and where that store is.</summary>
public sealed record S3Location
{
    public const string DefaultRegion = "us-east-1";

    /// <summary>Characters of a prefix: with a model's id, a commit and a file's path behind it, a key stays under S3's 1024 bytes.</summary>
    public const int MaxPrefixLength = 256;
    private const string PrefixCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!_.*'()-/";

    public required string Bucket { get; init; }

    /// <summary>Without slashes at its ends; empty for the bucket itself.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>Null for Amazon's own.</summary>
    public Uri? Endpoint { get; init; }

    public string Region { get; init; } = DefaultRegion;

    /// <summary>Parses <c>s3://bucket</c> or <c>s3://bucket/prefix</c>.</summary>
    public static bool TryParse(string? url, [NotNullWhen(true)] out S3Location? location)
    {
        location = null;
        const string scheme = "s3://";
        if (url is null || !url.StartsWith(scheme, StringComparison.Ordinal)) return false;
        var rest = url[scheme.Length..].TrimEnd('/');
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var (bucket, prefix) = slash < 0 ? (rest, "") : (rest[..slash], rest[(slash + 1)..]);
        if (!IsBucket(bucket) || !IsPrefix(prefix)) return false;
        location = new S3Location { Bucket = bucket, Prefix = prefix };
        return true;
    }

    /// <summary>The root of an http or https server: no user name, path or query.</summary>
    public static bool TryParseEndpoint(string? text, [NotNullWhen(true)] out Uri? endpoint)
    {
        endpoint = null;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var parsed) || parsed.Scheme is not ("http" or "https")) return false;
        if (parsed.UserInfo.Length > 0 || parsed.Host.Length == 0 || parsed.PathAndQuery is not ("" or "/") || parsed.Fragment.Length > 0) return false;
        endpoint = parsed;
        return true;
    }

    public static bool IsRegion(string text) => text.Length is > 0 and <= 32 && !text.AsSpan().ContainsAnyExcept("abcdefghijklmnopqrstuvwxyz0123456789-");

    /// <summary>The key of something under this place.</summary>
    public string Key(string path) => Prefix.Length == 0 ? path : $"{Prefix}/{path}";

    /// <summary>The same store, further down.</summary>
    public S3Location Under(string path) => this with { Prefix = Key(path) };

    public override string ToString() => Prefix.Length == 0 ? $"s3://{Bucket}" : $"s3://{Bucket}/{Prefix}";

    // Amazon's rules for new buckets, 3 to 63 characters.
    private static bool IsBucket(string text) =>
        text.Length is >= 3 and <= 63 && !text.AsSpan().ContainsAnyExcept("abcdefghijklmnopqrstuvwxyz0123456789.-")
        && char.IsAsciiLetterOrDigit(text[0]) && char.IsAsciiLetterOrDigit(text[^1]) && !text.Contains("..", StringComparison.Ordinal);

    private static bool IsPrefix(string text) =>
        text.Length <= MaxPrefixLength && !text.AsSpan().ContainsAnyExcept(PrefixCharacters)
        && (text.Length == 0 || Array.TrueForAll(text.Split('/'), part => part is not ("" or "." or "..")));
}
