using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Rouse.Store.Caching;

namespace Rouse.Server.Caching;

/// <summary>
/// What a complete copy of one commit holds, written last: without it a copy is a miss. The same copy makes the same bytes, whoever writes them, so two
/// writers of one can do each other no harm.
/// </summary>
internal sealed record CacheManifest
{
    public const string Name = ".rouse-manifest.json";

    /// <summary>Bytes: thousands of files.</summary>
    public const int MaxBytes = 4 << 20;

    public int Version { get; init; } = 1;

    public required string Model { get; init; }

    /// <summary>The commit.</summary>
    public required string Revision { get; init; }

    /// <summary>By path.</summary>
    public required IReadOnlyList<CacheFile> Files { get; init; }

    public static CacheManifest Of(CacheWish wish, IEnumerable<CacheFile> files) => new()
    {
        Model = wish.Model, Revision = wish.Commit, Files = [.. files.OrderBy(file => file.Path, StringComparer.Ordinal)],
    };

    public byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(this, CacheJson.Default.CacheManifest);

    public static string DigestOf(ReadOnlySpan<byte> written) => Convert.ToHexStringLower(SHA256.HashData(written));

    /// <returns>Null when it is not byte for byte what this server wrote for this copy: a tenant may write its own bucket, and must not write others' disks.</returns>
    public static CacheManifest? Read(byte[] bytes, CacheEntry entry)
    {
        if (DigestOf(bytes) != entry.Manifest) return null;
        var manifest = JsonSerializer.Deserialize(bytes, CacheJson.Default.CacheManifest);
        return manifest is { Version: 1 } && manifest.Model == entry.Wish.Model && manifest.Revision == entry.Wish.Commit ? manifest : null;
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(CacheManifest))]
internal sealed partial class CacheJson : JsonSerializerContext;
