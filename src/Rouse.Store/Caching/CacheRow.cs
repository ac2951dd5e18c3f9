using System.Text.Json;
using Rouse.Core.Caching;
using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;

namespace Rouse.Store.Caching;

/// <summary>A row of <c>cache_entries</c>, and the way to and from <see cref="CacheEntry"/>.</summary>
internal sealed record CacheRow
{
    public const string Select = """
        select id, tenant, deployment, location, model, revision, commit_id, state, tries, failure, files, bytes, vram_gb, manifest, stored_at, removed_at, writes, reads
        from cache_entries
        """;

    public string Id { get; init; } = "";

    public string Tenant { get; init; } = "";

    public string? Deployment { get; init; }

    /// <summary>Root and place as JSON; the columns of these names hold what is compared.</summary>
    public string Location { get; init; } = "";

    public string Model { get; init; } = "";

    public string Revision { get; init; } = "";

    public string CommitId { get; init; } = "";

    public string State { get; init; } = "";

    public long Tries { get; init; }

    public string? Failure { get; init; }

    public long Files { get; init; }

    public long Bytes { get; init; }

    public long VramGb { get; init; }

    public string? Manifest { get; init; }

    public long? StoredAt { get; init; }

    public long? RemovedAt { get; init; }

    public long Writes { get; init; }

    public long Reads { get; init; }

    /// <summary>Equal exactly for the same place of the same store.</summary>
    public static string Text(S3Location place) => $"{place.Endpoint?.GetLeftPart(UriPartial.Authority) ?? place.Region}/{place.Bucket}/{place.Prefix}";

    public static string Owner(TenantId? tenant) => tenant?.Value ?? "";

    public static string Json(CacheWish wish) => JsonSerializer.Serialize(new CachePlaces(wish.Root, wish.Place), StoreJson.Default.CachePlaces);

    public CacheEntry ToEntry()
    {
        var places = JsonSerializer.Deserialize(Location, StoreJson.Default.CachePlaces)!;
        return new CacheEntry
        {
            Id = Id,
            Wish = new CacheWish
            {
                Tenant = Tenant.Length == 0 ? null : TenantId.Parse(Tenant),
                Deployment = Deployment is null ? null : DeploymentId.Parse(Deployment),
                Root = places.Root,
                Place = places.Place,
                Model = Model,
                Revision = Revision,
                Commit = CommitId,
                VramGb = (int)VramGb,
            },
            State = Enum.Parse<CacheState>(State),
            Tries = (int)Tries,
            Failure = Failure,
            Files = (int)Files,
            Bytes = Bytes,
            Manifest = Manifest,
            StoredAt = UnixTime.From(StoredAt),
            RemovedAt = UnixTime.From(RemovedAt),
            Writes = Writes,
            Reads = Reads,
        };
    }
}

internal sealed record CachePlaces(S3Location Root, S3Location Place);
