using Microsoft.Extensions.DependencyInjection;
using Rouse.Server.Egress;
using Rouse.Server.Hub;

namespace Rouse.Server.Composition;

/// <summary>What looks at models before anything is bought for them.</summary>
internal static class HubServices
{
    /// <param name="chance">0 to 1.</param>
    public static void Add(IServiceCollection services, RouseHostOptions options, Func<double> chance)
    {
        services.AddSingleton(new HubOptions());
        var endpoint = options.HubEndpoint.TrimEnd('/');
        services.AddSingleton(provider => new HubHttp(
            HubHttp.CreateHttp(provider.GetRequiredService<EgressPolicy>().With(new Uri(endpoint))), endpoint,
            provider.GetRequiredService<HubOptions>(), provider.GetRequiredService<TimeProvider>(), chance));
        services.AddSingleton<HubInspector>().AddSingleton<HubCatalog>();
        services.AddSingleton(EngineOffers.Of(options));
        services.AddSingleton<ModelLook>();
    }
}
