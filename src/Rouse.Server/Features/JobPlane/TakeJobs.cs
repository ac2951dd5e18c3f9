using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Rouse.Server.Http;
using Rouse.Contracts.Jobs;
using Rouse.Core.Jobs;
using Rouse.Store;

namespace Rouse.Server.Features.JobPlane;

/// <summary>
/// <c>GET /v2/{deployment}/job-take/{worker}</c> and <c>job-take-batch</c>: held until there is a job, 204 when none came. A worker asks again at
/// once after anything but 429, so that is the answer whenever we are unwell.
/// </summary>
internal static class TakeJobs
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/job-take/{worker}", HandleOneAsync)
            .WithName("TakeJob").WithSummary("A worker asks for a job").Produces<WorkerJob>().Produces(204).Refuses(JobErrors.OfWorkers);
        routes.MapGet("/job-take-batch/{worker}", HandleBatchAsync)
            .WithName("TakeJobBatch").WithSummary("A worker asks for up to batch_size jobs").Produces<IReadOnlyList<WorkerJob>>().Produces(204)
            .Refuses(JobErrors.OfWorkers);
    }

    private static Task<IResult> HandleOneAsync(
        HttpContext context, string deployment, string worker, Gateway.Jobs.JobPlane plane, JobPlaneAccess access, IHostApplicationLifetime host) =>
        HandleAsync(context, deployment, worker, asList: false, plane, access, host.ApplicationStopping);

    private static Task<IResult> HandleBatchAsync(
        HttpContext context, string deployment, string worker, Gateway.Jobs.JobPlane plane, JobPlaneAccess access, IHostApplicationLifetime host) =>
        HandleAsync(context, deployment, worker, asList: true, plane, access, host.ApplicationStopping);

    private static async Task<IResult> HandleAsync(
        HttpContext context, string deployment, string worker, bool asList, Gateway.Jobs.JobPlane plane, JobPlaneAccess access, CancellationToken stopping)
    {
        try
        {
            var (side, refusal) = await WorkerSide.OpenAsync(context, access, deployment, worker);
            if (refusal is not null) return refusal;
            using var ends = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
            var jobs = await plane.TakeAsync(side.Deployment, side.Worker, asList ? BatchSize(side, plane.Limits) : 1, ends.Token);
            if (jobs.Count > 0) return new TakenReply(plane, side, jobs, JobDocument.Taken(jobs, asList, access.Open));
            return stopping.IsCancellationRequested ? JobErrors.BackOff(context, JobErrors.NotNow, "The server is stopping.") : Results.NoContent();
        }
        catch (StorageException error)
        {
            return JobErrors.BackOff(context, JobErrors.NotNow, $"The store does not answer ({error.Code}).");
        }
    }

    private static int BatchSize(WorkerSide side, JobLimits limits) =>
        int.TryParse(side.Value("batch_size"), NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? Math.Clamp(size, 1, limits.MaxBatch) : 1;

    /// <summary>Jobs whose worker has hung up go back at once; one that hangs up later is noticed by its lease.</summary>
    private sealed class TakenReply(Gateway.Jobs.JobPlane plane, WorkerSide side, IReadOnlyList<TakenJob> jobs, byte[] json) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            try
            {
                httpContext.RequestAborted.ThrowIfCancellationRequested();
                await new JobReply(json).ExecuteAsync(httpContext);
            }
            catch (Exception error) when (error is OperationCanceledException or IOException)
            {
                await plane.ReturnAsync(side.Deployment, side.Worker, jobs);
            }
        }
    }
}
