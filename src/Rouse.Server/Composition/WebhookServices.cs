using Microsoft.Extensions.DependencyInjection;
using Rouse.Server.Egress;
using Rouse.Server.Features.Deployments;
using Rouse.Server.Webhooks;
using Rouse.Store;
using Rouse.Store.Webhooks;

namespace Rouse.Server.Composition;

/// <summary>Webhooks: what they tell, where they go, who signs and sends them.</summary>
internal static class WebhookServices
{
    public static void Add(IServiceCollection services, RouseHostOptions options, Installation installation, Func<double> chance)
    {
        services.AddSingleton<DeploymentWebhooks>().AddSingleton<WebhookStore>().AddSingleton<DeliveryLog>().AddSingleton<WebhookSigner>();
        services.AddSingleton(provider => new DeliveryQueue(
            provider.GetRequiredService<Database>(), provider.GetRequiredService<TimeProvider>(), ServerServices.Owner(options, installation)));
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<WebhookSender>(provider, WebhookSender.CreateHttp(provider.GetRequiredService<EgressPolicy>())));
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<WebhookDeliveryLoop>(provider, chance));
    }
}
