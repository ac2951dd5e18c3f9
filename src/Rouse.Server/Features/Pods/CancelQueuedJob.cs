using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts;
using Rouse.Contracts.Jobs;
using Rouse.Server.Auth;
using Rouse.Server.Features.JobPlane;
using Rouse.Server.Http;

namespace Rouse.Server.Features.Pods;

/// <summary><c>DELETE /api/jobs/{job}</c>: a waiting job is never sent, one that is at the service is broken off; one that has ended stays as it is.</summary>
internal static class CancelQueuedJob
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapDelete("/jobs/{job}", HandleAsync).Needs(Scope.Run)
        .WithName("cancelQueuedJob").WithSummary("Cancels a waiting or running job").Produces<QueuedRequestView>().Refuses(JobErrors.JobNotFound);

    private static async Task<IResult> HandleAsync(HttpContext context, string job, QueuedJobs jobs, Gateway.Jobs.JobPlane plane)
    {
        var (found, refusal) = await jobs.FindAsync(context, job);
        if (found is null) return refusal!;
        return await plane.CancelAsync(found.Deployment, found.Job.Id, context.RequestAborted) is { } after
            ? Results.Json(await jobs.ShowAsync(found with { Job = after }, context.RequestAborted), RouseJson.Default.QueuedRequestView)
            : JobErrors.NoSuchJob(job);
    }
}
