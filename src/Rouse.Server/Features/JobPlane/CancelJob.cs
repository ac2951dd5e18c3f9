using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts.Jobs;
using Rouse.Core.Jobs;
using Rouse.Server.Auth;
using Rouse.Server.Http;

namespace Rouse.Server.Features.JobPlane;

/// <summary><c>POST /v2/{deployment}/cancel/{job}</c>: a waiting job never runs, a running one is stopped; one that has ended stays as it is.</summary>
internal static class CancelJob
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/cancel/{job}", HandleAsync).Needs(Scope.Run)
        .WithName("CancelJob").WithSummary("Cancels a waiting or running job").Produces<JobView>().Refuses(ErrorCode.DeploymentNotFound, JobErrors.JobNotFound);

    private static async Task<IResult> HandleAsync(HttpContext context, string deployment, string job, Gateway.Jobs.JobPlane plane, JobPlaneAccess access)
    {
        var (side, refusal) = await CallerSide.OpenAsync(context, access, deployment);
        if (refusal is not null) return refusal;
        return CallerSide.TryJob(job, out var id) && await plane.CancelAsync(side.Deployment, id, context.RequestAborted) is { } after
            ? new JobReply(JobDocument.Brief(after.Id, after.Status))
            : JobErrors.NoSuchJob(job);
    }
}
