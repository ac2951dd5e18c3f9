using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Rouse.Core;
using Rouse.Gateway.Usage;
using Rouse.Server.Usage;
using Rouse.Store.Usage;

namespace Rouse.Server.Composition;

/// <summary>From what requests came to, to the store and the metrics.</summary>
internal static class UsageServices
{
    public static void Add(IServiceCollection services)
    {
        services.TryAddSingleton<UsageMeter>();
        services.AddSingleton<UsageStore>().AddSingleton<UsageFigures>();
        services.AddSingleton(provider => new UsageLoop(
            provider.GetRequiredService<UsageMeter>(), provider.GetRequiredService<UsageStore>(), provider.GetRequiredService<UsageFigures>(),
            Ids.Encode(RandomNumberGenerator.GetBytes(Ids.RandomBytes)), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<UsageLoop>>()));
    }
}
