using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts.Jobs;
using Rouse.Core.Jobs;
using Rouse.Server.Auth;
using Rouse.Server.Http;

namespace Rouse.Server.Features.JobPlane;

/// <summary><c>POST /v2/{deployment}/retry/{job}</c>: queues a FAILED or TIMED_OUT job again, with its id and input.</summary>
internal static class RetryJob
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/retry/{job}", HandleAsync).Needs(Scope.Run)
        .WithName("RetryJob").WithSummary("Queues a FAILED or TIMED_OUT job again").Produces<JobView>()
        .Refuses(ErrorCode.DeploymentNotFound, JobErrors.JobNotFound, JobErrors.NotRetryable, JobErrors.DeploymentEnded);

    private static async Task<IResult> HandleAsync(HttpContext context, string deployment, string job, Gateway.Jobs.JobPlane plane, JobPlaneAccess access)
    {
        var (side, refusal) = await CallerSide.OpenAsync(context, access, deployment);
        if ((refusal ?? side.RefuseNewJobs()) is { } refused) return refused;
        if (!CallerSide.TryJob(job, out var id)) return JobErrors.NoSuchJob(job);
        if (await plane.RetryAsync(side.Deployment, id, context.RequestAborted)) return new JobReply(JobDocument.Brief(id, JobStatus.InQueue));
        return await plane.GetAsync(side.Deployment, id, context.RequestAborted) is { } found
            ? Problems.Result(JobErrors.NotRetryable, $"The job is {found.Status.Word()}; only FAILED and TIMED_OUT jobs can be retried.")
            : JobErrors.NoSuchJob(job);
    }
}
