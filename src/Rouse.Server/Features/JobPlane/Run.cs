using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts.Jobs;
using Rouse.Core.Jobs;
using Rouse.Server.Auth;
using Rouse.Server.Http;

namespace Rouse.Server.Features.JobPlane;

/// <summary><c>POST /v2/{deployment}/run</c>: queues a job; it is durable when this answers.</summary>
internal static class Run
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/run", HandleAsync).Needs(Scope.Run)
        .WithName("RunJob").WithSummary("Queues a job and answers its id")
        .WithDescription("With an `Idempotency-Key`, repeating the request within 24 h answers the first one's job, and where it is.")
        .WithHeader(IdempotencyHeader.Name, IdempotencyHeader.Rule, IdempotencyHeader.Words)
        .Accepts<RunRequest>("application/json").Produces<JobView>().Refuses(SubmitJob.Refusals);

    private static async Task<IResult> HandleAsync(HttpContext context, string deployment, Gateway.Jobs.JobPlane plane, JobPlaneAccess access)
    {
        var (job, refusal) = await SubmitJob.AcceptAsync(context, access, plane, deployment, sync: false);
        if (job is null) return refusal!;
        if (!job.Repeated) return new JobReply(JobDocument.Brief(job.Id, JobStatus.InQueue));
        return await plane.GetAsync(job.Deployment, job.Id, context.RequestAborted) is { } found
            ? new JobReply(JobDocument.Brief(found.Id, found.Status))
            : JobErrors.NoSuchJob(job.Id.Value);
    }
}
