using Rouse.Contracts.Deployments;
using Rouse.Core.Caching;
using Rouse.Core.Deployments;
using Rouse.Core.Models;
using Rouse.Server.Caching.S3;

namespace Rouse.Server.Features.Deployments;

/// <summary>Which caches this server offers.</summary>
/// <param name="HasShared">The operator has set up a store.</param>
/// <param name="SharedModels">Repository ids that may lie in it, spelled exactly so. None allows none.</param>
internal sealed record CacheChoices(bool HasShared, IReadOnlySet<string> SharedModels)
{
    public static CacheChoices None { get; } = new(HasShared: false, new HashSet<string>(StringComparer.Ordinal));
}

/// <summary>The members of a request that speak of the cache, judged together.</summary>
internal sealed record CacheFields(CacheScope Scope, S3Location? Store = null, S3Keys? Keys = null)
{
    /// <param name="model">Null when it could not be read.</param>
    public static CacheFields Read(CreateDeploymentRequest body, ModelRef? model, CacheChoices choices, DeploymentParser.Faults faults)
    {
        var scope = body.CacheScope switch
        {
            null or "off" => CacheScope.Off,
            "shared" => CacheScope.Shared,
            "private" => CacheScope.Private,
            _ => faults.Add("cache_scope", "Must be off, shared or private.", CacheScope.Off),
        };
        if (scope != CacheScope.Off && model is { Source: ModelSource.Folder }) faults.Add("cache_scope", "A folder of the server's machine needs no cache. Use off.");
        if (scope != CacheScope.Off && model is { Source: ModelSource.Service }) faults.Add("cache_scope", "A service brings its own files. Use off.");
        if (scope == CacheScope.Shared) CheckShared(model, choices, faults);
        if (scope == CacheScope.Private) return Private(body, faults);
        RefuseOwn(body, faults);
        return new CacheFields(scope);
    }

    private static void CheckShared(ModelRef? model, CacheChoices choices, DeploymentParser.Faults faults)
    {
        if (!choices.HasShared) faults.Add("cache_scope", "This server has no shared cache: its operator has not set S3_MODEL_URL and its keys. Use off or private.");
        else if (model is { Source: ModelSource.Hub } && !choices.SharedModels.Contains(model.Id))
        {
            faults.Add("cache_scope", $"{model.Id} is not on the operator's list of models for the shared cache (SHARED_CACHE_ALLOWED_MODELS). Use off or private.");
        }
    }

    private static CacheFields Private(CreateDeploymentRequest body, DeploymentParser.Faults faults)
    {
        if (!S3Location.TryParse(body.UserS3Url, out var store) || body.UserS3Url!.Length > DeploymentBounds.MaxUrl)
        {
            faults.Add("user_s3_url", $"cache_scope private needs s3://bucket or s3://bucket/prefix, a prefix of at most {S3Location.MaxPrefixLength} characters.");
        }

        Uri? endpoint = null;
        if (body.UserAwsEndpointUrl is { } url && (url.Length > DeploymentBounds.MaxUrl || !S3Location.TryParseEndpoint(url, out endpoint)))
        {
            faults.Add("user_aws_endpoint_url", "Must be http://host[:port] or https://host[:port] without user name, path or query.");
        }

        var region = body.UserAwsRegion ?? S3Location.DefaultRegion;
        if (!S3Location.IsRegion(region)) faults.Add("user_aws_region", "Must be 1 to 32 of a-z, 0-9 and -, such as eu-central-1.");
        const string missing = "cache_scope private needs the keys of your store.";
        if (body.UserAwsAccessKeyId is null) faults.Add("user_aws_access_key_id", missing);
        if (body.UserAwsSecretAccessKey is null) faults.Add("user_aws_secret_access_key", missing);
        var id = DeploymentParser.Token("user_aws_access_key_id", body.UserAwsAccessKeyId, faults);
        var secret = DeploymentParser.Token("user_aws_secret_access_key", body.UserAwsSecretAccessKey, faults);
        return faults.Any || store is null || id is null || secret is null
            ? new CacheFields(CacheScope.Private)
            : new CacheFields(CacheScope.Private, store with { Endpoint = endpoint, Region = region }, new S3Keys(id, secret));
    }

    /// <summary>Keys that nothing will use are not taken in.</summary>
    private static void RefuseOwn(CreateDeploymentRequest body, DeploymentParser.Faults faults)
    {
        const string unused = "Only cache_scope private takes it. Leave it out, or set cache_scope to private.";
        if (body.UserS3Url is not null) faults.Add("user_s3_url", unused);
        if (body.UserAwsAccessKeyId is not null) faults.Add("user_aws_access_key_id", unused);
        if (body.UserAwsSecretAccessKey is not null) faults.Add("user_aws_secret_access_key", unused);
        if (body.UserAwsEndpointUrl is not null) faults.Add("user_aws_endpoint_url", unused);
        if (body.UserAwsRegion is not null) faults.Add("user_aws_region", unused);
    }
}
