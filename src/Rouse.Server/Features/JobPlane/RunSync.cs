using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Rouse.Contracts.Jobs;
using Rouse.Core.Jobs;
using Rouse.Server.Auth;
using Rouse.Server.Http;

namespace Rouse.Server.Features.JobPlane;

/// <summary><c>POST /v2/{deployment}/runsync?wait=ms</c>: queues a job and waits for its end; when the wait runs out, answers where it is.</summary>
internal static class RunSync
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/runsync", HandleAsync).Needs(Scope.Run)
        .WithName("RunJobSync").WithSummary("Queues a job and waits for its end")
        .WithDescription("`wait` is 1000 to 300000 ms, 90000 when left out. When it runs out, or the server is about to stop, the answer is the job as it is; ask for its status later. "
            + "With an `Idempotency-Key`, repeating the request within 24 h waits for the first one's job.")
        .WithQuery("wait", ParameterRules.Whole(1_000, 300_000, 90_000), "Milliseconds.")
        .WithHeader(IdempotencyHeader.Name, IdempotencyHeader.Rule, IdempotencyHeader.Words)
        .Accepts<RunRequest>("application/json").Produces<JobView>().Refuses(SubmitJob.Refusals);

    private static async Task<IResult> HandleAsync(
        HttpContext context, string deployment, string? wait, Gateway.Jobs.JobPlane plane, JobPlaneAccess access, IHostApplicationLifetime host)
    {
        if (!TryWait(wait, plane.Limits, out var longest))
        {
            var (least, most) = ((long)plane.Limits.ShortestWait.TotalMilliseconds, (long)plane.Limits.LongestWait.TotalMilliseconds);
            return Problems.Result(ErrorCode.InvalidParameter, $"wait is {least} to {most} ms.");
        }

        var (job, refusal) = await SubmitJob.AcceptAsync(context, access, plane, deployment, sync: true);
        if (job is null) return refusal!;
        var ended = await plane.WaitForEndAsync(job.Deployment, job.Id, longest, context.RequestAborted, host.ApplicationStopping);
        return ended is null ? JobErrors.NoSuchJob(job.Id.Value) : new JobReply(JobDocument.Status(ended));
    }

    private static bool TryWait(string? text, JobLimits limits, out TimeSpan wait)
    {
        wait = limits.DefaultWait;
        if (text is null) return true;
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)) return false;
        wait = TimeSpan.FromMilliseconds(milliseconds);
        return wait >= limits.ShortestWait && wait <= limits.LongestWait;
    }
}
