using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts.Jobs;
using Rouse.Contracts.Workers;
using Rouse.Server.Http;

namespace Rouse.Server.Features.JobPlane;

/// <summary><c>POST /v2/{deployment}/job-stream/{worker}/{job}</c>: one item of a job that streams. An item that cannot be kept is left out, with 200; but a worker that numbers its items
/// (<see cref="StreamHeaders.Part"/>) is told, with 409.</summary>
internal static class AppendToStream
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/job-stream/{worker}/{job}", HandleAsync)
        .WithName("AppendToJobStream").WithSummary("A worker posts one streamed item").Produces<Noted>().Refuses([.. JobErrors.OfWorkers, JobErrors.PartNotKept]);

    private static async Task<IResult> HandleAsync(
        HttpContext context, string deployment, string worker, string job, Gateway.Jobs.JobPlane plane, JobPlaneAccess access)
    {
        var (side, refusal) = await WorkerSide.OpenAsync(context, access, deployment, worker, job);
        if (refusal is not null) return refusal;
        var limits = plane.Limits;
        var bytes = await JsonBody.ReadBytesAsync(context, (int)limits.MaxChunk);
        var body = DoneBody.Parse(bytes, limits.MaxChunk, limits.MaxDepth, isStream: false);
        var number = Number(context);
        var isKept = side.Job is { } id && body.Output is { } item
            && await plane.AppendChunkAsync(side.Deployment, id, side.Worker, item, CancellationToken.None, number);
        return isKept || number == 0
            ? JobReply.Noted
            : Problems.Result(JobErrors.PartNotKept, $"Part {number} is too large, follows one that is missing, or its job no longer runs or has too much that nobody has read.");
    }

    /// <summary>0 where it is not said.</summary>
    private static long Number(HttpContext context) =>
        long.TryParse(context.Request.Headers[StreamHeaders.Part].ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
