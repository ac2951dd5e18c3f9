using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Rouse.Contracts.Jobs;
using Rouse.Core.Jobs;
using Rouse.Server.Auth;
using Rouse.Server.Http;

namespace Rouse.Server.Features.JobPlane;

/// <summary><c>GET /v2/{deployment}/stream/{job}</c>: the items that nobody has read yet, held for a while when there are none.</summary>
internal static class StreamJob
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/stream/{job}", HandleAsync).Needs(Scope.Run)
        .WithName("StreamJob").WithSummary("Takes out what a job has streamed since the last call")
        .WithDescription("Held for up to 10 s while there is nothing new. Call again until the status is an end and the list is empty. Jobs that lie in a provider's own queue (Runpod Serverless) "
            + "stream nothing here: what they made is in their result.")
        .Produces<StreamReply>().Refuses(ErrorCode.DeploymentNotFound, JobErrors.JobNotFound);

    private static async Task<IResult> HandleAsync(
        HttpContext context, string deployment, string job, Gateway.Jobs.JobPlane plane, JobPlaneAccess access, IHostApplicationLifetime host)
    {
        var (side, refusal) = await CallerSide.OpenAsync(context, access, deployment);
        if (refusal is not null) return refusal;
        return CallerSide.TryJob(job, out var id) && await plane.ReadStreamAsync(side.Deployment, id, context.RequestAborted, host.ApplicationStopping) is var (status, chunks)
            ? new JobReply(JobDocument.Stream(status, chunks))
            : JobErrors.NoSuchJob(job);
    }
}
