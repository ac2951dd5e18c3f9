using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts;
using Rouse.Contracts.Jobs;
using Rouse.Core.Jobs;
using Rouse.Server.Auth;
using Rouse.Server.Features.JobPlane;
using Rouse.Server.Http;
using Rouse.Server.ServiceJobs;
using Rouse.Server.Spool;
using Rouse.Store.Jobs;

namespace Rouse.Server.Features.Pods;

/// <summary><c>GET /api/jobs/{job}/result</c>: the service's own answer, its status, header fields and body.</summary>
internal static class GetResult
{
    /// <summary>As the seconds of <c>JobErrors.BackOff</c>.</summary>
    private const string RetryAfterSeconds = "5";

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/jobs/{job}/result", HandleAsync).Needs(Scope.Read)
        .WithName("getJobResult").WithSummary("The service's own answer to a queued request")
        .WithDescription("Once the job has ended, this answers with the status, header fields and body that the service answered with, whatever they are, and says so by `X-Rouse-Result: true`. "
            + "Until then 202 and where the job is.")
        .Produces<QueuedRequestView>(StatusCodes.Status202Accepted).Produces(StatusCodes.Status200OK).WithMetadata(new RelaysAnswers())
        .Refuses(JobErrors.JobNotFound, AsyncErrors.NoResult, AsyncErrors.ResultGone);

    private static async Task<IResult> HandleAsync(HttpContext context, string job, QueuedJobs jobs, ServiceJobStore store, SpoolHolder spool)
    {
        var (found, refusal) = await jobs.FindAsync(context, job);
        if (found is null) return refusal!;
        if (!found.Job.Status.HasEnded())
        {
            context.Response.Headers.RetryAfter = RetryAfterSeconds;
            return Results.Json(await jobs.ShowAsync(found, context.RequestAborted), RouseJson.Default.QueuedRequestView, statusCode: StatusCodes.Status202Accepted);
        }

        var known = await store.LoadAsync(found.Deployment, found.Job.Id, context.RequestAborted);
        if (known.Reply is { } reply && found.Job.Status is JobStatus.Completed or JobStatus.Failed) return await AnswerAsync(context, reply, spool.Folder);
        return found.Job is { Status: JobStatus.Completed, Output: { } output } ? new JobReply(output)
            : Problems.Result(AsyncErrors.NoResult, found.Job.Error ?? $"The job is {found.Job.Status.Word()}.");
    }

    private static async ValueTask<IResult> AnswerAsync(HttpContext context, KeptReply reply, SpoolFolder? spool)
    {
        var body = reply.Body is { } spooled && spool is not null ? await spool.OpenWholeAsync(spooled, context.RequestAborted) : null;
        return body is null && reply.Body is not null
            ? Problems.Result(AsyncErrors.ResultGone, "The service answered, but its answer is not in this server's spool any more.")
            : new Relayed(reply, body);
    }

    private sealed class Relayed(KeptReply reply, FileStream? body) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            await using var file = body;
            var response = httpContext.Response;
            response.StatusCode = reply.Status;
            foreach (var field in reply.Headers.GroupBy(header => header.Key, header => header.Value, StringComparer.OrdinalIgnoreCase)) response.Headers[field.Key] = field.ToArray();
            response.Headers["X-Rouse-Result"] = "true";
            // What a service answers is not of this site, whatever it says it is.
            response.Headers["Content-Security-Policy"] = "sandbox";
            response.Headers["X-Content-Type-Options"] = "nosniff";
            if (file is null) return;
            response.ContentLength = file.Length;
            await file.CopyToAsync(response.Body, httpContext.RequestAborted);
        }
    }
}
