using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Rouse.Core.Ports;
using Rouse.Gateway.Jobs;
using Rouse.Providers.Runpod;
using Rouse.Server.Background;
using Rouse.Server.Metrics;
using Rouse.Server.Secrets;
using Rouse.Store;
using Rouse.Store.Deployments;
using Rouse.Store.Jobs;
using Rouse.Store.Ownership;

namespace Rouse.Server.Composition;

/// <summary>Hands jobs on to providers that have a queue of their own; nothing where there is none.</summary>
internal static class RelayServices
{
    /// <param name="chance">A number in [0, 1).</param>
    public static void Add(IServiceCollection services, RouseHostOptions options, Func<double> chance)
    {
        services.AddSingleton<RelayStore>();
        if (options.Runpod is not { } runpod) return;
        services.AddSingleton(provider => new JobRelayPorts
        {
            Relay = new CountedRelay(
                Rewired(new RunpodJobs(new RunpodJobsOptions { BaseAddress = runpod.JobsUrl }, Http(), options.Time), options),
                RunpodServerless.Kind, provider.GetRequiredService<ProviderFigures>()),
            Backends = ct => BackendsAsync(provider.GetRequiredService<DeploymentStore>(), provider.GetRequiredService<ReconcilePorts>(), ct),
            Plane = provider.GetRequiredService<JobPlane>(),
            Store = provider.GetRequiredService<RelayStore>(),
            Leases = new LeaseStore(provider.GetRequiredService<Database>(), options.Time),
            Owner = provider.GetRequiredService<ReconcilePorts>().Owner,
            OpenS3 = provider.GetRequiredService<SecretCipher>().OpenForJob,
            Hint = provider.GetRequiredService<ReconcileLoop>().Hint,
            Chance = chance,
            Time = options.Time,
            Limits = options.RelayBounds ?? new JobRelayLimits(),
        });
        services.AddSingleton<JobRelay>();
    }

    private static async ValueTask<IReadOnlyList<RelayedBackend>> BackendsAsync(DeploymentStore store, ReconcilePorts ports, CancellationToken ct)
    {
        var kinds = ports.Providers.Where(pair => pair.Value.Traits.HasOwnQueue).Select(pair => pair.Key).ToList();
        List<RelayedBackend> backends = [];
        foreach (var row in await store.ListServedAsync(kinds, ct))
        {
            // A service has no queue there: its jobs are requests, and the gateway is their worker.
            if (!ports.Providers[row.Spec.Provider].Traits.For(row.Spec).HasOwnQueue) continue;
            try
            {
                var access = await ports.Access(new ProviderAccount(row.Tenant, row.Spec.Provider, row.Spec.Account), ct);
                backends.Add(new RelayedBackend(row.Tenant, row.Id, row.Attempt, row.Backend!.Value, access));
            }
            catch (ProviderException)
            {
                // Without its key nothing can be handed on; the reconcile pass says so on the deployment.
            }
        }

        return backends;
    }

    private static IJobRelay Rewired(IJobRelay relay, RouseHostOptions options) => options.RewireRelay?.Invoke(relay) ?? relay;

    private static HttpMessageInvoker Http() => new(
        new SocketsHttpHandler
        {
            AllowAutoRedirect = false, UseCookies = false, AutomaticDecompression = DecompressionMethods.All, PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        },
        disposeHandler: true);
}
