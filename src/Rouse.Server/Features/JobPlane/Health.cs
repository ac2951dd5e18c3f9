using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts.Jobs;
using Rouse.Core.Jobs;
using Rouse.Server.Auth;
using Rouse.Server.Http;

namespace Rouse.Server.Features.JobPlane;

/// <summary><c>GET /v2/{deployment}/health</c>: jobs that are kept, by status; workers that were heard of, by what they do.</summary>
internal static class Health
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/health", HandleAsync).Needs(Scope.Read)
        .WithName("GetEndpointHealth").WithSummary("Counts jobs and workers").Produces<EndpointHealth>().Refuses(ErrorCode.DeploymentNotFound);

    private static async Task<IResult> HandleAsync(HttpContext context, string deployment, Gateway.Jobs.JobPlane plane, JobPlaneAccess access)
    {
        var (side, refusal) = await CallerSide.OpenAsync(context, access, deployment);
        if (refusal is not null) return refusal;
        var totals = await plane.CountAsync(side.Deployment, context.RequestAborted);
        var workers = await access.ObservedWorkers(side.Tenant, side.Deployment, context.RequestAborted)
            ?? Count(await plane.StateAsync(side.Deployment, context.RequestAborted));
        var health = new EndpointHealth(new(totals.Completed, totals.Failed, totals.InProgress, totals.InQueue, totals.Retried), workers);
        return Results.Json(health, Contracts.JobJson.Default.EndpointHealth);
    }

    /// <summary>A ready worker without a job counts as idle and as ready, as on Runpod; nothing is throttled here.</summary>
    private static WorkerCounts Count(Core.Ports.QueueState state)
    {
        var (initializing, ready, running, unhealthy) = (0, 0, 0, 0);
        foreach (var (name, worker) in state.Workers)
        {
            if (worker.Unhealthy is not null) unhealthy++;
            else if (state.Running.ContainsKey(name)) running++;
            else if (worker.Ready) ready++;
            else initializing++;
        }

        return new(Idle: ready, initializing, ready, running, Throttled: 0, unhealthy);
    }
}
