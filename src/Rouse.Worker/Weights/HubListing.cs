using System.Text.Json.Serialization;

namespace Rouse.Worker.Weights;

/// <summary>A repository at one commit.</summary>
internal sealed record HubListing(HubModel Model, string Commit, IReadOnlyList<HubFile> Files);

/// <param name="Path">Inside the repository, with <c>/</c>; checked to stay inside.</param>
/// <param name="Etag">Name of its blob: SHA-256 of a large file, git's blob id of a small one.</param>
internal sealed record HubFile(string Path, long Size, string Etag)
{
    /// <summary>What a copy's content must have; null at the hub, which tells it of large files only, as <see cref="Etag"/>.</summary>
    public string? Sha256 { get; init; }

    /// <summary>Large files and those of a copy are checked by SHA-256, the others by git's SHA-1 over a header and the content.</summary>
    public bool HasSha256 => Sha256 is not null || Etag.Length == 64;
}

/// <summary>The hub's answer to <c>GET /api/models/{id}/revision/{rev}?blobs=true</c>, as far as it is used.</summary>
internal sealed record HubInfo
{
    public string? Sha { get; init; }

    public IReadOnlyList<Sibling>? Siblings { get; init; }

    internal sealed record Sibling
    {
        [JsonPropertyName("rfilename")]
        public string? Name { get; init; }

        public long? Size { get; init; }

        public string? BlobId { get; init; }

        public Lfs? Lfs { get; init; }
    }

    internal sealed record Lfs
    {
        public string? Sha256 { get; init; }

        public long? Size { get; init; }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(HubInfo))]
[JsonSerializable(typeof(SnapshotManifest))]
internal sealed partial class HubJson : JsonSerializerContext;
