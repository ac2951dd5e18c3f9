namespace Rouse.Server;

/// <summary>Where what jobs make is kept, when it does not fit into their answers or is wanted by URL.</summary>
public sealed record OutputHostOptions
{
    /// <summary>Answers always have URLs, however small what was made is (<c>ROUSE_OUTPUTS_BY_URL</c>=on).</summary>
    public bool ByUrl { get; init; }

    /// <summary>
    /// The folder (<c>ROUSE_OUTPUTS</c>). Null takes <c>outputs</c> in the data folder with SQLite; with PostgreSQL none, because all servers of a database must share it.
    /// </summary>
    public string? Folder { get; init; }

    /// <summary>An object store in place of the folder, <c>s3://bucket/prefix</c> (<c>ROUSE_OUTPUTS_S3_URL</c>).</summary>
    public string? StoreUrl { get; init; }

    /// <summary><c>ROUSE_OUTPUTS_S3_ACCESS_KEY_ID</c>. No worker ever gets it.</summary>
    public string? AccessKeyId { get; init; }

    /// <summary><c>ROUSE_OUTPUTS_S3_SECRET_ACCESS_KEY</c>.</summary>
    public string? SecretAccessKey { get; init; }

    /// <summary><c>ROUSE_OUTPUTS_S3_ENDPOINT_URL</c>; null for Amazon's own. Workers and callers reach it too.</summary>
    public string? Endpoint { get; init; }

    /// <summary><c>ROUSE_OUTPUTS_S3_REGION</c>; null for us-east-1.</summary>
    public string? Region { get; init; }

    /// <summary><c>ROUSE_OUTPUTS_KEEP_HOURS</c>.</summary>
    public TimeSpan Keep { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Bytes (<c>ROUSE_OUTPUTS_MAX_GB</c>).</summary>
    public long MaxTotal { get; init; } = 50L << 30;

    /// <summary>Not for logs: it holds a key.</summary>
    public override string ToString() => StoreUrl ?? Folder ?? "the data folder";
}
