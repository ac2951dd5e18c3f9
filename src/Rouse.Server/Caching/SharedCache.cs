using Rouse.Core.Caching;
using Rouse.Core.Tenancy;
using Rouse.Server.Caching.S3;

namespace Rouse.Server.Caching;

/// <summary>The operator's store, as it was configured.</summary>
/// <param name="Models">Repository ids that may lie in it.</param>
internal sealed record SharedCache(S3Location Location, S3Keys Keys, IReadOnlySet<string> Models)
{
    /// <exception cref="RouseHostException">A setting cannot be read; says which, and never shows a key.</exception>
    public static SharedCache From(CacheHostOptions options)
    {
        if (!S3Location.TryParse(options.Url, out var location)) throw new RouseHostException("S3_MODEL_URL must be s3://bucket or s3://bucket/prefix.");
        Uri? endpoint = null;
        if (options.Endpoint is { } url && !S3Location.TryParseEndpoint(url, out endpoint))
        {
            throw new RouseHostException("AWS_ENDPOINT_URL must be http://host[:port] or https://host[:port] without path.");
        }

        var region = options.Region ?? S3Location.DefaultRegion;
        if (!S3Location.IsRegion(region)) throw new RouseHostException("AWS_REGION must be 1 to 32 of a-z, 0-9 and -.");
        return new SharedCache(
            location with { Endpoint = endpoint, Region = region }, new S3Keys(new Secret(options.AccessKeyId), new Secret(options.SecretAccessKey)),
            options.AllowedModels.ToHashSet(StringComparer.Ordinal));
    }
}
