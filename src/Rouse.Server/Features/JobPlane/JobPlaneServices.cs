using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rouse.Core.Jobs;
using Rouse.Core.Ports;
using Rouse.Gateway.Jobs;
using Rouse.Server.Background;
using Rouse.Store;
using Rouse.Store.Jobs;

namespace Rouse.Server.Features.JobPlane;

/// <summary>Registers the job plane. The host brings <see cref="Database"/>, <see cref="TimeProvider"/> and <see cref="JobPlaneAccess"/>.</summary>
internal static class JobPlaneServices
{
    public static void AddJobPlane(this IServiceCollection services, JobLimits? limits = null)
    {
        services.AddSingleton(limits ?? new JobLimits());
        services.AddSingleton<IJobStore, JobStore>();
        services.AddSingleton<DeliveryStore>();
        services.AddSingleton<FillRandom>(RandomNumberGenerator.Fill);
        services.AddSingleton<Gateway.Jobs.JobPlane>();
        services.AddSingleton<IWorkQueue>(provider => provider.GetRequiredService<Gateway.Jobs.JobPlane>());
        services.AddHostedService<JobClock>();

        services.AddSingleton(provider => new WebhookDeliveryLoop(
            provider.GetRequiredService<DeliveryStore>(),
            provider.GetServices<KeyValuePair<string, DeliveryPlan>>().ToDictionary(StringComparer.Ordinal),
            WebhookDeliveryLoop.CreateHttp(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<WebhookDeliveryLoop>>()));
        services.AddHostedService(provider =>
        {
            var loop = provider.GetRequiredService<WebhookDeliveryLoop>();
            provider.GetRequiredService<Gateway.Jobs.JobPlane>().DeliveryQueued += loop.Nudge;
            return loop;
        });
        services.AddWebhookPlan(DeliveryKinds.Job, DeliveryPlan.ForJobs);
    }

    /// <summary>How webhooks of a kind are sent; each kind that is queued needs one.</summary>
    public static void AddWebhookPlan(this IServiceCollection services, string kind, DeliveryPlan plan) =>
        services.AddSingleton(typeof(KeyValuePair<string, DeliveryPlan>), KeyValuePair.Create(kind, plan));
}
