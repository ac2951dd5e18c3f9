using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rouse.Server.Auth;
using Rouse.Server.Background;
using Rouse.Server.Events;
using Rouse.Server.Secrets;
using Rouse.Store;
using Rouse.Store.Events;

namespace Rouse.Server.Composition;

/// <summary>What workers tell, and how it is known to be theirs.</summary>
internal static class CallbackServices
{
    public static void Add(IServiceCollection services, RouseHostOptions options, Installation installation)
    {
        services.AddSingleton(new CallbackSecrets(installation.Key)).AddSingleton<DeploymentMasks>().AddSingleton(options.Oversight);
        services.AddSingleton(provider => new EventStore(provider.GetRequiredService<Database>(), options.Oversight.Logs));
        services.AddSingleton(provider => new RemoteNews(
            provider.GetRequiredService<EventFeed>(), provider.GetRequiredService<EventStore>(), isShared: options.Database is not null,
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<RemoteNews>>()));
    }
}
