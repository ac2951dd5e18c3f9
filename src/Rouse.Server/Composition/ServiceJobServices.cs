using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Rouse.Core.Jobs;
using Rouse.Gateway.Admission;
using Rouse.Gateway.Forwarding;
using Rouse.Gateway.Jobs;
using Rouse.Gateway.Routing;
using Rouse.Gateway.Usage;
using Rouse.Server.Background;
using Rouse.Server.Features.Pods;
using Rouse.Server.Http;
using Rouse.Server.ServiceJobs;
using Rouse.Server.Spool;
using Rouse.Store.Jobs;

namespace Rouse.Server.Composition;

/// <summary>Requests to services that are queued, and who works on them.</summary>
internal static class ServiceJobServices
{
    public static void Add(IServiceCollection services, RouseHostOptions options, DataFolder folder)
    {
        services.TryAddSingleton<RouteTable>();
        services.TryAddSingleton<Doorkeeper>();
        services.TryAddSingleton<UsageMeter>();
        // Several servers may share a PostgreSQL, and then one sends what another has spooled: only the operator knows a folder that all of them have.
        var place = options.Spool ?? (options.Database is null ? Path.Combine(folder.Root, "spool") : null);
        var spool = place is null ? null : new SpoolFolder(place);
        services.AddSingleton(new SpoolHolder(spool));
        services.AddSingleton<ServiceJobStore>().AddSingleton<QueueSeats>().AddSingleton<PodDirectory>().AddSingleton<QueuedJobs>();
        services.AddSingleton(provider => new AsyncRequests(
            provider.GetRequiredService<QueueSeats>(), provider.GetRequiredService<JobPlane>(), provider.GetRequiredService<ServiceJobStore>(), provider.GetRequiredService<OwnAddress>(), spool,
            provider.GetService<SpoolRoom>()));
        if (spool is null) return;
        services.AddSingleton(spool).AddSingleton<SpoolSweep>();
        services.AddSingleton(provider => new SpoolRoom(
            provider.GetRequiredService<ServiceJobStore>(), new SpoolLimits { MaxTotal = options.SpoolMaxBytes }, provider.GetRequiredService<TimeProvider>(), spool.Disk));
        services.AddSingleton(provider => new ServiceSender(
            provider.GetRequiredService<BackendHttp>(), spool, provider.GetRequiredService<JobLimits>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new ServiceJobPorts(
            provider.GetRequiredService<JobPlane>(), provider.GetRequiredService<ServiceJobStore>(), provider.GetRequiredService<RouteTable>(), provider.GetRequiredService<Doorkeeper>(),
            provider.GetRequiredService<ServiceSender>(), spool, provider.GetRequiredService<UsageMeter>(), provider.GetRequiredService<OwnAddress>(), provider.GetRequiredService<TimeProvider>())
        {
            Doubt = provider.GetRequiredService<Rouse.Gateway.Readiness.Prober>().Doubt,
            Worker = "gateway-" + provider.GetRequiredService<ReconcilePorts>().Owner,
        });
        services.AddSingleton(provider => new ServiceJobsLoop(provider.GetRequiredService<ServiceJobPorts>(), provider.GetRequiredService<ILogger<ServiceJobsLoop>>()));
    }
}
