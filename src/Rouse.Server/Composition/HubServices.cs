using Microsoft.Extensions.DependencyInjection;
using Rouse.Core.Models;
using Rouse.Server.Hub;

namespace Rouse.Server.Composition;

/// <summary>What looks at models before anything is bought for them.</summary>
internal static class HubServices
{
    /// <param name="chance">0 to 1.</param>
    public static void Add(IServiceCollection services, string endpoint, Func<double> chance)
    {
        services.AddSingleton(new HubOptions());
        services.AddSingleton(provider => new HubHttp(
            HubHttp.CreateHttp(), endpoint.TrimEnd('/'), provider.GetRequiredService<HubOptions>(), provider.GetRequiredService<TimeProvider>(), chance));
        services.AddSingleton<HubInspector>().AddSingleton<HubCatalog>();
        // Whoever starts them, the workers of this version are our own.
        services.AddSingleton<Func<string, FormatPolicy>>(static _ => FormatPolicy.OnnxDiffusion);
        services.AddSingleton<ModelLook>();
    }
}
