using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts;
using Rouse.Contracts.Jobs;
using Rouse.Server.Auth;
using Rouse.Server.Features.JobPlane;
using Rouse.Server.Http;

namespace Rouse.Server.Features.Pods;

/// <summary><c>GET /api/jobs/{job}</c>: where a job is, and each of its sendings.</summary>
internal static class ShowQueuedJob
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/jobs/{job}", HandleAsync).Needs(Scope.Read)
        .WithName("getQueuedJob").WithSummary("Where a job is, and each of its sendings").Produces<QueuedRequestView>().Refuses(JobErrors.JobNotFound);

    private static async Task<IResult> HandleAsync(HttpContext context, string job, QueuedJobs jobs)
    {
        var (found, refusal) = await jobs.FindAsync(context, job);
        return found is null ? refusal! : Results.Json(await jobs.ShowAsync(found, context.RequestAborted), RouseJson.Default.QueuedRequestView);
    }
}
