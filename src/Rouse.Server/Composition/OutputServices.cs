using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rouse.Core.Caching;
using Rouse.Core.Tenancy;
using Rouse.Server.Caching.S3;
using Rouse.Server.Http;
using Rouse.Server.Outputs;
using Rouse.Server.Spool;
using Rouse.Store.Outputs;

namespace Rouse.Server.Composition;

/// <summary>What is kept of what jobs make.</summary>
internal static class OutputServices
{
    public static void Add(IServiceCollection services, RouseHostOptions options, DataFolder folder, Installation installation)
    {
        var place = PlaceOf(options.Outputs);
        // Several servers may share a PostgreSQL, and then one is asked for what another has kept: only the operator knows a folder that all of them have.
        var root = options.Outputs.Folder ?? (options.Database is null ? Path.Combine(folder.Root, "outputs") : null);
        var limits = options.OutputBounds ?? new OutputLimits { Kept = options.Outputs.Keep, MaxTotal = options.Outputs.MaxTotal };
        services.AddSingleton(limits).AddSingleton<JobOutputStore>().AddSingleton(new OutputSigner(installation.Key));
        services.AddSingleton(provider => new OutputPlaces(
            root is null ? null : new SpoolFolder(root), place is { } store ? provider.GetRequiredService<S3Clients>().Open(store.Location, store.Keys, isOperators: true) : null));
        services.AddSingleton(provider => new OutputShelf(
            provider.GetRequiredService<JobOutputStore>(), provider.GetRequiredService<OutputPlaces>(), provider.GetRequiredService<OutputSigner>(), provider.GetRequiredService<OwnAddress>(), limits, options.Time));
        services.AddSingleton<ResultSpill>();
        services.AddSingleton(provider => new OutputSweep(
            provider.GetRequiredService<JobOutputStore>(), provider.GetRequiredService<OutputPlaces>(), limits, options.Time, provider.GetRequiredService<ILogger<OutputSweep>>()));
    }

    /// <returns>Null where no object store is configured.</returns>
    /// <exception cref="RouseHostException">A setting cannot be read; says which, and never shows a key.</exception>
    public static (S3Location Location, S3Keys Keys)? PlaceOf(OutputHostOptions options)
    {
        if (options.StoreUrl is not { } url) return null;
        if (!S3Location.TryParse(url, out var location)) throw new RouseHostException("ROUSE_OUTPUTS_S3_URL must be s3://bucket or s3://bucket/prefix.");
        if (options.AccessKeyId is not { } id || options.SecretAccessKey is not { } secret)
            throw new RouseHostException("ROUSE_OUTPUTS_S3_URL is set, but not both of ROUSE_OUTPUTS_S3_ACCESS_KEY_ID and ROUSE_OUTPUTS_S3_SECRET_ACCESS_KEY.");
        Uri? endpoint = null;
        if (options.Endpoint is { } at && !S3Location.TryParseEndpoint(at, out endpoint))
            throw new RouseHostException("ROUSE_OUTPUTS_S3_ENDPOINT_URL must be http://host[:port] or https://host[:port] without path.");
        var region = options.Region ?? S3Location.DefaultRegion;
        if (!S3Location.IsRegion(region)) throw new RouseHostException("ROUSE_OUTPUTS_S3_REGION must be 1 to 32 of a-z, 0-9 and -.");
        return (location with { Endpoint = endpoint, Region = region }, new S3Keys(new Secret(id), new Secret(secret)));
    }
}
