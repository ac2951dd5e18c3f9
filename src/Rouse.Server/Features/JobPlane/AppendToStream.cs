using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts.Jobs;
using Rouse.Server.Http;

namespace Rouse.Server.Features.JobPlane;

/// <summary><c>POST /v2/{deployment}/job-stream/{worker}/{job}</c>: one item of a job that streams. An item that cannot be kept is left out, with 200.</summary>
internal static class AppendToStream
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/job-stream/{worker}/{job}", HandleAsync)
        .WithName("AppendToJobStream").WithSummary("A worker posts one streamed item").Produces<Noted>().Refuses(JobErrors.OfWorkers);

    private static async Task<IResult> HandleAsync(
        HttpContext context, string deployment, string worker, string job, Gateway.Jobs.JobPlane plane, JobPlaneAccess access)
    {
        var (side, refusal) = await WorkerSide.OpenAsync(context, access, deployment, worker, job);
        if (refusal is not null) return refusal;
        var limits = plane.Limits;
        var bytes = await JsonBody.ReadBytesAsync(context, (int)limits.MaxChunk);
        var body = DoneBody.Parse(bytes, limits.MaxChunk, limits.MaxDepth, isStream: false);
        if (side.Job is { } id && body.Output is { } item) await plane.AppendChunkAsync(side.Deployment, id, side.Worker, item, CancellationToken.None);
        return JobReply.Noted;
    }
}
