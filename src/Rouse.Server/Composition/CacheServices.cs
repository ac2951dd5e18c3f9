using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rouse.Core;
using Rouse.Core.Models;
using Rouse.Providers.Local;
using Rouse.Providers.Runpod;
using Rouse.Server.Background;
using Rouse.Server.Caching;
using Rouse.Server.Caching.S3;
using Rouse.Server.Egress;
using Rouse.Server.Features.Deployments;
using Rouse.Server.Hub;
using Rouse.Server.Secrets;
using Rouse.Store;
using Rouse.Store.Caching;
using Rouse.Store.Events;
using Rouse.Store.Ownership;
using Rouse.Store.Secrets;

namespace Rouse.Server.Composition;

/// <summary>Object stores that workers may load models from.</summary>
internal static class CacheServices
{
    /// <summary>To one store: a few fills with a few parts each, and what lookups need beside them.</summary>
    private const int MaxConnectionsPerServer = 16;

    /// <summary>The hub with the patience of a fill, for which nobody waits: a part of 16 MiB over a slow link.</summary>
    private static readonly HubOptions s_patient = new() { Timeout = TimeSpan.FromMinutes(2), Tries = 5, LongestPause = TimeSpan.FromSeconds(30) };

    /// <param name="chance">0 to 1.</param>
    public static void Add(IServiceCollection services, RouseHostOptions options, Func<double> chance)
    {
        var shared = options.SharedCache is { } configured ? SharedCache.From(configured) : null;
        if (shared is not null) services.AddSingleton(shared);
        services.AddSingleton(shared is null ? CacheChoices.None : new CacheChoices(HasShared: true, shared.Models));
        services.AddSingleton(options.CacheBounds ?? new CacheLimits()).AddSingleton<CacheStore>().AddSingleton<CacheDamage>();
        services.AddSingleton(provider =>
        {
            var policy = provider.GetRequiredService<EgressPolicy>();
            var operators = shared?.Location.Endpoint is { } endpoint ? policy.With(endpoint) : policy;
            if (OutputServices.PlaceOf(options.Outputs)?.Location.Endpoint is { } outputs) operators = operators.With(outputs);
            return new S3Clients(EgressHandler.Create(policy, MaxConnectionsPerServer), EgressHandler.Create(operators, MaxConnectionsPerServer));
        });
        services.AddSingleton(provider => new CachePlaces(
            provider.GetRequiredService<AccountNames>(), provider.GetRequiredService<SecretStore>(), provider.GetRequiredService<SecretCipher>(),
            provider.GetRequiredService<S3Clients>(), shared));
        services.AddSingleton(provider => new CacheFill(provider.GetRequiredService<CacheStore>(), Source(provider, options, chance), provider.GetRequiredService<CacheLimits>()));
        services.AddSingleton(provider => new CacheLoop(
            provider.GetRequiredService<CacheStore>(), provider.GetRequiredService<CachePlaces>(), provider.GetRequiredService<CacheFill>(),
            new LeaseStore(provider.GetRequiredService<Database>(), options.Time), provider.GetRequiredService<LogStore>(), provider.GetRequiredService<CacheLimits>(),
            provider.GetRequiredService<ReconcilePorts>().Owner, chance, options.Time, provider.GetRequiredService<ILogger<CacheLoop>>()));
        services.AddSingleton(provider => new CacheLookup(
            provider.GetRequiredService<CacheStore>(), provider.GetRequiredService<CachePlaces>(), provider.GetRequiredService<HubCatalog>(),
            provider.GetRequiredService<EngineOffers>(), provider.GetRequiredService<EgressPolicy>(), provider.GetRequiredService<CacheLimits>(),
            provider.GetRequiredService<CacheLoop>().Nudge, kind => kind == LocalProvider.Kind || options.Runpod is { WorkersRunHere: true }, NewId, options.Time,
            provider.GetRequiredService<ILogger<CacheLookup>>()));
        services.AddSingleton(provider => new SharedCacheDesk(
            provider.GetRequiredService<CacheStore>(), provider.GetRequiredService<ModelLook>(), provider.GetRequiredService<ReconcilePorts>(), NewId,
            provider.GetRequiredService<CacheLoop>().Nudge, shared));
    }

    private static string NewId() => Ids.Encode(RandomNumberGenerator.GetBytes(Ids.RandomBytes));

    private static CacheSource Source(IServiceProvider provider, RouseHostOptions options, Func<double> chance)
    {
        var endpoint = options.HubEndpoint.TrimEnd('/');
        var http = HubHttp.CreateHttp(provider.GetRequiredService<EgressPolicy>().With(new Uri(endpoint)));
        var offers = provider.GetRequiredService<EngineOffers>();
        IReadOnlyList<FormatPolicy> policies = [.. offers.Local.Union(offers.Remote).SelectMany(engine => engine.Tasks().Select(task => FormatPolicy.Of(engine, task))).Distinct()];
        return new CacheSource(
            provider.GetRequiredService<HubCatalog>(), new HubHttp(http, endpoint, s_patient, options.Time, chance), s_patient, provider.GetRequiredService<CacheLimits>(), policies);
    }
}
