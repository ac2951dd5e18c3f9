using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace Rouse.Contracts.Workers;

/// <summary>
/// A worker asks where its model lies: <c>POST /internal/v1/deployments/{id}/attempts/{n}/cache</c>, signed as its reports are. It may ask again at any
/// time, and does when addresses have run out.
/// </summary>
public sealed record WorkerCacheRequest
{
    [StringLength(128, MinimumLength = 1)]
    public required string WorkerId { get; init; }
}

/// <summary>Answer to <see cref="WorkerCacheRequest"/>: a whole copy of one commit, or why there is none and the hub is to be asked.</summary>
public sealed record WorkerCacheReply
{
    public required bool Hit { get; init; }

    /// <summary>Why there is none, in words for the deployment's log.</summary>
    public string? Reason { get; init; }

    public string? Commit { get; init; }

    public IReadOnlyList<WorkerCacheFile>? Files { get; init; }

    /// <summary>When the addresses run out.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>
    /// The only network addresses to connect to for these files; null where any will do. A worker beside the server must not be led into its network by
    /// a tenant's name that resolves otherwise a moment later.
    /// </summary>
    public IReadOnlyList<string>? Addresses { get; init; }
}

/// <param name="Etag">The hub's name of its content: SHA-256 of a large file, git's blob id of a small one.</param>
/// <param name="Sha256">What its content must have.</param>
/// <param name="Url">Reads this one file, with ranges, until the addresses run out.</param>
public sealed record WorkerCacheFile(string Path, long Size, string Etag, string Sha256, string Url);

/// <summary>What a worker's start had of the cache.</summary>
/// <param name="Hit">The whole model came from it.</param>
/// <param name="Requests">To the object store.</param>
/// <param name="Bytes">That came from there, right or wrong.</param>
/// <param name="IsDamaged">What lies there is not what was put there, or not all of it.</param>
public sealed record WorkerCacheUse(
    [property: JsonRequired] bool Hit, [property: JsonRequired, Range(0, WorkerReport.MaxCount)] long Requests,
    [property: JsonRequired, Range(0, WorkerReport.MaxCount)] long Bytes, bool IsDamaged = false);
