using Microsoft.Extensions.DependencyInjection;
using Rouse.Server.Auth;

namespace Rouse.Server.Composition;

/// <summary>What workers tell, and how it is known to be theirs.</summary>
internal static class CallbackServices
{
    public static void Add(IServiceCollection services, Installation installation) =>
        services.AddSingleton(new CallbackSecrets(installation.MasterKey));
}
