using System.ComponentModel.DataAnnotations;

namespace Rouse.Contracts;

/// <summary>Answer of <c>GET /v1/cache</c>: what lies in the shared cache, or is on its way there.</summary>
/// <param name="Url">Where it is.</param>
/// <param name="AllowedModels">What may lie there.</param>
public sealed record CacheList(string Url, IReadOnlyList<string> AllowedModels, IReadOnlyList<CacheEntryView> Entries);

/// <param name="ModelId">The repository.</param>
/// <param name="Commit">Which state of it.</param>
/// <param name="State"><c>wanted</c>, <c>complete</c>, <c>failed</c> or <c>removing</c>.</param>
/// <param name="Error">Why its last fill failed.</param>
public sealed record CacheEntryView(string ModelId, string Commit, string State, int Files, long Bytes, DateTimeOffset? StoredAt = null, string? Error = null);

/// <summary>Body of <c>POST /v1/cache</c>.</summary>
public sealed record CacheFillRequest
{
    /// <summary>A repository on the list of allowed models, with an optional <c>@revision</c>.</summary>
    [StringLength(Deployments.DeploymentBounds.MaxModelId, MinimumLength = 1)]
    public required string HfModelId { get; init; }
}

/// <summary>Answer of <c>DELETE /v1/cache</c>.</summary>
/// <param name="Removing">Copies that go now.</param>
public sealed record CacheRemovalReply(int Removing);
