using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Route = Rouse.Gateway.Routing.Route;
using Rouse.Contracts;
using Rouse.Contracts.Jobs;
using Rouse.Gateway.Routing;
using Rouse.Server.Auth;
using Rouse.Server.Http;
using Rouse.Store.Jobs;

namespace Rouse.Server.Features.Pods;

/// <summary><c>GET /api/status/{pod_id}</c>: whether the pod runs, what waits for it, and what went wrong last.</summary>
internal static class ShowPod
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/status/{pod_id}", HandleAsync).Needs(Scope.Read)
        .WithName("getPodStatus").WithSummary("Whether a pod runs, what waits for it, and what went wrong last").Produces<PodStatusReply>().Refuses(PodDirectory.Refusals);

    private static async Task<IResult> HandleAsync(
        HttpContext context, string pod_id, PodDirectory pods, Gateway.Jobs.JobPlane plane, ServiceJobStore store, OwnAddress own)
    {
        var (route, refusal) = await pods.FindAsync(CallerFilter.TenantOf(context), pod_id, context.RequestAborted);
        if (route is null) return refusal!;
        var queue = await plane.StateAsync(route.Deployment, context.RequestAborted);
        var error = await store.LastErrorAsync(route.Deployment, context.RequestAborted) ?? route.Waiting?.Message;
        var reply = new PodStatusReply(
            pod_id, route.Deployment.Value, Word(route), own.Url($"/d/{route.Deployment}"), queue.Queued, queue.Running.Values.Sum(), route.Service.MaxQueue, error);
        return Results.Json(reply, RouseJson.Default.PodStatusReply);
    }

    /// <summary>Runpod's words for what a pod is, and STARTING, for which it has none.</summary>
    private static string Word(Route route) => route switch
    {
        { State: RouteState.Ended } => "TERMINATED",
        { State: RouteState.Ready, Backends.Count: > 0 } => "RUNNING",
        { WakingSince: not null } => "STARTING",
        _ => "EXITED",
    };
}
