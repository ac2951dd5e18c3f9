namespace Rouse.Server;

/// <summary>The operator's object store, from which all tenants' workers may load the models on a list, and which only this server writes.</summary>
public sealed record CacheHostOptions
{
    /// <summary><c>s3://bucket/prefix</c> (<c>S3_MODEL_URL</c>).</summary>
    public required string Url { get; init; }

    /// <summary><c>AWS_ACCESS_KEY_ID</c>. No worker ever gets it.</summary>
    public required string AccessKeyId { get; init; }

    /// <summary><c>AWS_SECRET_ACCESS_KEY</c>.</summary>
    public required string SecretAccessKey { get; init; }

    /// <summary><c>AWS_ENDPOINT_URL</c>; null for Amazon's own.</summary>
    public string? Endpoint { get; init; }

    /// <summary><c>AWS_REGION</c>; null for us-east-1.</summary>
    public string? Region { get; init; }

    /// <summary>Repository ids, spelled exactly as they are deployed (<c>SHARED_CACHE_ALLOWED_MODELS</c>). None allows none.</summary>
    public IReadOnlyList<string> AllowedModels { get; init; } = [];

    /// <summary>Not for logs: it holds a key.</summary>
    public override string ToString() => Url;
}
