using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Gateway.Admission;
using Rouse.Gateway.Readiness;
using Rouse.Gateway.Routing;
using Rouse.Server.Background;
using Rouse.Store.Deployments;

namespace Rouse.Server.Composition;

/// <summary>What makes a service's capacity come and go.</summary>
internal static class WakingServices
{
    public static void Add(IServiceCollection services, RouseHostOptions options)
    {
        services.TryAddSingleton<RouteTable>();
        services.TryAddSingleton<Doorkeeper>();
        services.TryAddSingleton<IDemand>(provider => provider.GetRequiredService<Doorkeeper>());
        // The loop's pass asks who waits, and whoever waits asks the loop: one of both is looked up only when it is needed.
        services.AddSingleton<IBackendWaker>(provider => new BackendWaker(Late<ReconcileLoop>(provider), Late<Prober>(provider)));
        services.AddSingleton<ActivityStore>().AddSingleton<WakeStore>().AddSingleton<WakeEstimates>().AddSingleton(options.Probes ?? new ProbeBounds()).AddSingleton<Prober>();
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<RouteFeed>(provider, Late<ReconcileLoop>(provider), options.Database is not null));
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<ServiceActivity>(provider, provider.GetRequiredService<ReconcilePorts>().Owner));
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<IdleStops>(provider, Late<ReconcileLoop>(provider)));
    }

    /// <summary>Jobs of our own queue, or requests at any replica.</summary>
    public static async ValueTask<bool> HasWorkAsync(IServiceProvider services, DeploymentId id, CancellationToken ct) =>
        (await services.GetRequiredService<IWorkQueue>().StateAsync(id, ct) is { } queue && (queue.Queued > 0 || queue.Running.Count > 0))
        || (services.GetRequiredService<RouteTable>().Find(id) is not null && await services.GetRequiredService<ServiceActivity>().IsBusyAsync(id, ct));

    private static Func<T> Late<T>(IServiceProvider provider)
        where T : notnull => provider.GetRequiredService<T>;
}
