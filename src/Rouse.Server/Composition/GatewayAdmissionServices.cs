using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Core.Scheduling;
using Rouse.Core.Tenancy;
using Rouse.Gateway.Admission;
using Rouse.Gateway.Routing;
using Rouse.Gateway.Usage;
using Rouse.Server.Auth;
using Rouse.Server.Background;
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
        services.AddSingleton<CallerGate>().AddSingleton<ServiceNames>().AddSingleton<ServiceFinder>().AddSingleton<ForwardRequest>();
        services.TryAddSingleton<IBackendWaker>(static provider => new LoopWaker(provider.GetRequiredService<ReconcileLoop>));
    }

    /// <summary>The loop looks at whoever is asked for.</summary>
    /// <param name="loop">Looked up when it is needed: its pass asks the doorkeeper who waits.</param>
    private sealed class LoopWaker(Func<ReconcileLoop> loop) : IBackendWaker
    {
        public void Hint(TenantId tenant, DeploymentId deployment) => loop().Hint(tenant, deployment);
    }
}
