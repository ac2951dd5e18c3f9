using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Rouse.Providers.Local;
using Rouse.Server.Auth;
using Rouse.Server.Background;
using Rouse.Server.Events;
using Rouse.Server.Features.Caching;
using Rouse.Server.Features.Catalog;
using Rouse.Server.Features.Costs;
using Rouse.Server.Features.Deployments;
using Rouse.Server.Features.Doors;
using Rouse.Server.Features.Forwarding;
using Rouse.Server.Features.JobPlane;
using Rouse.Server.Features.Operations;
using Rouse.Server.Features.Outputs;
using Rouse.Server.Features.Pods;
using Rouse.Server.Features.Reports;
using Rouse.Server.Features.Webhooks;
using Rouse.Server.Firestore;
using Rouse.Server.Features.Tenants;
using Rouse.Server.Http;
using Rouse.Server.Stopping;
using Rouse.Store.Events;
using Rouse.Server.Webhooks;

namespace Rouse.Server.Composition;

/// <summary>The pipeline, the routes, and who is told of what.</summary>
internal static class Routes
{
    public static void MapRouse(this WebApplication app)
    {
        app.UseTrustedProxies();
        app.UseDrain();
        if (app.Services.GetRequiredService<OwnAddress>().Prefix is { Length: > 0 } prefix) app.UsePathBase(prefix);
        app.UseEdgeGuard();
        app.UseRouting();
        app.UseAddressLimit();

        Liveness.Map(app);
        Readiness.Map(app);
        app.MapOpenApi("/openapi.json").IsOpen("The contract is public.");

        var callers = app.MapGroup("").AddEndpointFilter<CallerFilter>();
        ShowMetrics.Map(callers);
        Doctor.Map(callers);
        CleanUp.Map(callers);
        RotateSecrets.Map(callers);

        var cache = app.MapGroup("").WithTags("cache").AddEndpointFilter<CallerFilter>();
        ListCache.Map(cache);
        FillCache.Map(cache);
        EmptyCache.Map(cache);

        var catalog = app.MapGroup("").WithTags("catalog").AddEndpointFilter<CallerFilter>();
        ListGpus.Map(catalog);
        SearchModels.Map(catalog);
        PlanDeployment.Map(catalog);
        ValidateKey.Map(catalog);

        var deployments = app.MapGroup("").WithTags("deployments").AddEndpointFilter<CallerFilter>();
        CreateDeployment.Map(deployments);
        ListDeployments.Map(deployments);
        GetDeployment.Map(deployments);
        GetDeploymentCost.Map(deployments);
        GetDeploymentUsage.Map(deployments);
        DeleteDeployment.Map(deployments);
        SleepDeployment.Map(deployments);
        StreamDeployment.Map(deployments);

        var webhooks = app.MapGroup("").WithTags("webhooks").AddEndpointFilter<CallerFilter>();
        CreateWebhook.Map(webhooks);
        ListWebhooks.Map(webhooks);
        ChangeWebhook.Map(webhooks);
        WebhookDeliveries.Map(webhooks);

        ReceiveReport.Map(app);
        FindCachedModel.Map(app);
        OutputRoutes.Map(app);
        app.MapJobPlane();
        app.MapPods();
        DoorRoutes.Map(app);
        app.MapGateway();
        app.MapTenants();

        TellNews(app.Services);
    }

    /// <summary>What changes is told at once to whoever waits for it; each of them also looks by itself from time to time.</summary>
    private static void TellNews(IServiceProvider services)
    {
        var feed = services.GetRequiredService<EventFeed>();
        var directory = services.GetRequiredService<DeploymentDirectory>();
        var endings = services.GetRequiredService<JobEndings>();
        var webhooks = services.GetRequiredService<WebhookDeliveryLoop>();
        var routes = services.GetRequiredService<RouteFeed>();
        var relay = services.GetService<JobRelay>();
        var mirror = services.GetService<FirestoreMirror>();
        services.GetRequiredService<EventStore>().Appended += id =>
        {
            directory.Forget(id);
            feed.Publish(id);
            endings.Look(id);
            routes.Look(id);
            webhooks.Nudge();
            relay?.Nudge();
            mirror?.Nudge();
        };
        services.GetRequiredService<Rouse.Gateway.Jobs.JobPlane>().DeliveryQueued += webhooks.Nudge;

        var loop = services.GetRequiredService<ReconcileLoop>();
        services.GetRequiredService<LocalProvider>().Changed += id => _ = HintAsync(id);
        services.GetRequiredService<Rouse.Core.Ports.IWorkQueue>().Changed += id => _ = HintAsync(id, Rouse.Core.Deployments.Phase.Hibernated);
        async Task HintAsync(Rouse.Core.Deployments.DeploymentId id, Rouse.Core.Deployments.Phase? only = null)
        {
            // A failure here costs a little time only: the loop looks by itself.
            if (await directory.FindAsync(id, CancellationToken.None) is { } located && (only is null || located.Phase == only)) loop.Hint(located.Tenant, id);
        }
    }
}
