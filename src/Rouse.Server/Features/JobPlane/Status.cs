using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts.Jobs;
using Rouse.Core.Jobs;
using Rouse.Server.Auth;
using Rouse.Server.Http;

namespace Rouse.Server.Features.JobPlane;

/// <summary><c>GET /v2/{deployment}/status/{job}</c>, and POST, as some clients of Runpod's local server do.</summary>
internal static class Status
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        Describe(routes.MapGet("/status/{job}", HandleAsync)).Needs(Scope.Read).WithName("GetJobStatus");
        Describe(routes.MapPost("/status/{job}", HandleAsync)).Needs(Scope.Read).WithName("PostJobStatus");
    }

    private static RouteHandlerBuilder Describe(RouteHandlerBuilder route) => route
        .WithSummary("Shows a job, its output included once there is one").Produces<JobView>().Refuses(ErrorCode.DeploymentNotFound, JobErrors.JobNotFound);

    private static async Task<IResult> HandleAsync(HttpContext context, string deployment, string job, Gateway.Jobs.JobPlane plane, JobPlaneAccess access)
    {
        var (side, refusal) = await CallerSide.OpenAsync(context, access, deployment);
        if (refusal is not null) return refusal;
        return CallerSide.TryJob(job, out var id) && await plane.GetAsync(side.Deployment, id, context.RequestAborted) is { } found
            ? new JobReply(JobDocument.Status(found))
            : JobErrors.NoSuchJob(job);
    }
}
