using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Rouse.Core.Ports;
using Rouse.Core.Scheduling;
using Rouse.Gateway.Admission;
using Rouse.Gateway.Routing;
using Rouse.Gateway.Usage;
using Rouse.Server.Auth;
using Rouse.Server.Features.Forwarding;

namespace Rouse.Server.Composition;

/// <summary>Who is sent to a service, and who waits.</summary>
internal static class GatewayAdmissionServices
{
    public static void Add(IServiceCollection services)
    {
        services.TryAddSingleton<RouteTable>();
        services.TryAddSingleton<UsageMeter>();
        services.TryAddSingleton(new AdmissionLimits());
        services.TryAddSingleton<Doorkeeper>();
        services.TryAddSingleton<IDemand>(static provider => provider.GetRequiredService<Doorkeeper>());
        services.AddSingleton<CallerGate>().AddSingleton<ServiceNames>().AddSingleton<ServiceFinder>().AddSingleton<HeldUploads>().AddSingleton<ForwardRequest>();
    }
}
