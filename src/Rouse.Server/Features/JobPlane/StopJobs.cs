using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts.Jobs;
using Rouse.Server.Http;
using Microsoft.Extensions.Hosting;

namespace Rouse.Server.Features.JobPlane;

/// <summary><c>GET /v2/{deployment}/job-stop/{worker}</c>: held until the worker should stop a job of its own. No result follows from it.</summary>
internal static class StopJobs
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/job-stop/{worker}", HandleAsync)
        .WithName("GetJobsToStop").WithSummary("A worker asks which jobs to stop").Produces<JobsToStop>().Produces(204).Refuses(JobErrors.OfWorkers);

    private static async Task<IResult> HandleAsync(
        HttpContext context, string deployment, string worker, Gateway.Jobs.JobPlane plane, JobPlaneAccess access, IHostApplicationLifetime host)
    {
        var (side, refusal) = await WorkerSide.OpenAsync(context, access, deployment, worker);
        if (refusal is not null) return refusal;
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, host.ApplicationStopping);
        var stops = await plane.StopsAsync(side.Deployment, side.Worker, ends.Token);
        if (stops.Count > 0) return new JobReply(JsonSerializer.SerializeToUtf8Bytes(new { jobsToStop = stops.Select(job => job.Value) }));
        return host.ApplicationStopping.IsCancellationRequested ? JobErrors.BackOff(context, JobErrors.NotNow, "The server is stopping.") : Results.NoContent();
    }
}
