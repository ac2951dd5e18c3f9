using Microsoft.Extensions.DependencyInjection;
using Rouse.Server.Caching;
using Rouse.Server.Caching.S3;
using Rouse.Server.Egress;
using Rouse.Server.Features.Deployments;

namespace Rouse.Server.Composition;

/// <summary>Object stores that workers may load models from.</summary>
internal static class CacheServices
{
    /// <summary>To one store: a few fills with two parts each, and what lookups need beside them.</summary>
    private const int MaxConnectionsPerServer = 16;

    public static void Add(IServiceCollection services, RouseHostOptions options)
    {
        var shared = options.SharedCache is { } configured ? SharedCache.From(configured) : null;
        if (shared is not null) services.AddSingleton(shared);
        services.AddSingleton(shared is null ? CacheChoices.None : new CacheChoices(HasShared: true, shared.Models));
        services.AddSingleton(provider =>
        {
            var policy = provider.GetRequiredService<EgressPolicy>();
            var operators = shared?.Location.Endpoint is { } endpoint ? policy.With(endpoint) : policy;
            return new S3Clients(EgressHandler.Create(policy, MaxConnectionsPerServer), EgressHandler.Create(operators, MaxConnectionsPerServer));
        });
    }
}
