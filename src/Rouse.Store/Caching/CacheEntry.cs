using Rouse.Core.Caching;
using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;

namespace Rouse.Store.Caching;

public enum CacheState
{
    /// <summary>To be filled, or being filled.</summary>
    Wanted,

    /// <summary>Whole: its manifest was written last.</summary>
    Complete,

    /// <summary>Given up until somebody asks for it again.</summary>
    Failed,

    /// <summary>To be removed.</summary>
    Removing,

    /// <summary>Gone, whoever removed it.</summary>
    Removed,
}

/// <summary>One commit of one model, to be at one place.</summary>
public sealed record CacheWish
{
    /// <summary>Whose store it is; null for the operator's.</summary>
    public required TenantId? Tenant { get; init; }

    /// <summary>Who asked: its keys are used, and what this costs is counted on it. Null when the operator did.</summary>
    public DeploymentId? Deployment { get; init; }

    /// <summary>Where all models of this owner lie.</summary>
    public required S3Location Root { get; init; }

    /// <summary>Where this commit lies, below <see cref="Root"/>.</summary>
    public required S3Location Place { get; init; }

    /// <summary>The repository's id.</summary>
    public required string Model { get; init; }

    /// <summary>What <see cref="Commit"/> was asked for as: a branch, a tag, or itself.</summary>
    public required string Revision { get; init; }

    public required string Commit { get; init; }

    /// <summary>What the model needs, so that it can be deployed from the cache while the hub is away.</summary>
    public required int VramGb { get; init; }
}

/// <summary>A stay of one commit at one place, wanted, whole or past.</summary>
public sealed record CacheEntry
{
    public required string Id { get; init; }

    public required CacheWish Wish { get; init; }

    public required CacheState State { get; init; }

    /// <summary>Fills that failed in a row.</summary>
    public required int Tries { get; init; }

    /// <summary>Why the last one did, in words that may be shown.</summary>
    public string? Failure { get; init; }

    public required int Files { get; init; }

    public required long Bytes { get; init; }

    /// <summary>SHA-256 of the manifest that this server wrote: what lies there otherwise is not ours.</summary>
    public string? Manifest { get; init; }

    public DateTimeOffset? StoredAt { get; init; }

    public DateTimeOffset? RemovedAt { get; init; }

    /// <summary>Requests of its fills, as stores count them: PUT, POST and LIST.</summary>
    public required long Writes { get; init; }

    /// <summary>GET and HEAD.</summary>
    public required long Reads { get; init; }
}

/// <summary>A file of an entry that is whole in the store.</summary>
/// <param name="Etag">The hub's name of its content.</param>
/// <param name="Sha256">Of what was stored, as it came by.</param>
public sealed record CacheFile(string Path, long Size, string Etag, string Sha256);

/// <summary>What workers of a deployment loaded from the cache.</summary>
/// <param name="Hits">Workers that loaded their model from it.</param>
/// <param name="Misses">Workers that went to the hub.</param>
/// <param name="Reads">Requests to the store.</param>
/// <param name="Bytes">That came from it.</param>
public sealed record CacheUse(long Hits, long Misses, long Reads, long Bytes)
{
    public static CacheUse None { get; } = new(0, 0, 0, 0);
}
