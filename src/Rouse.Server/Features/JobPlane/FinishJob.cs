using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts;
using Rouse.Core.Jobs;
using Rouse.Server.Http;

namespace Rouse.Server.Features.JobPlane;

/// <summary>
/// <c>POST /v2/{deployment}/job-done/{worker}/{job}</c>: a result, or progress. runpod-python says it is a form, but it is JSON. It tries again only
/// after 5xx and loses the result after 4xx; so anything that can be understood is answered 200, also what comes late or twice.
/// </summary>
internal static class FinishJob
{
    /// <summary>What the SDK's own test server answers.</summary>
    private static readonly JobReply s_ok = new("""{"status":"ok"}"""u8.ToArray());

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/job-done/{worker}/{job}", HandleAsync)
        .WithName("FinishJob").WithSummary("A worker posts a result or progress").Produces<StatusReply>().Refuses(JobErrors.OfWorkers);

    private static async Task<IResult> HandleAsync(
        HttpContext context, string deployment, string worker, string job, Gateway.Jobs.JobPlane plane, JobPlaneAccess access)
    {
        var (side, refusal) = await WorkerSide.OpenAsync(context, access, deployment, worker, job);
        if (refusal is not null) return refusal;
        var limits = plane.Limits;
        if (context.Request.ContentLength > limits.MaxResult && side.Job is { } large && await SpillAsync(context, side, large, access) is { } kept)
        {
            await plane.FinishAsync(side.Deployment, large, new JobResult(side.Worker, kept, Error: null), false, CancellationToken.None);
            return s_ok;
        }

        var bytes = await JsonBody.ReadBytesAsync(context, (int)limits.MaxResult);
        if (side.Job is not { } id) return s_ok;
        var isStream = side.Value("isStream").ToString().Equals("true", StringComparison.OrdinalIgnoreCase);
        var body = DoneBody.Parse(bytes, limits.MaxResult, limits.MaxDepth, isStream);
        if (!body.IsProgress) await plane.FinishAsync(side.Deployment, id, new JobResult(side.Worker, body.Output, body.Error), body.StopPod, CancellationToken.None);
        else if (body.Output is { } progress) await plane.ProgressAsync(side.Deployment, id, side.Worker, progress, CancellationToken.None);
        return s_ok;
    }

    private static ValueTask<byte[]?> SpillAsync(HttpContext context, WorkerSide side, JobId job, JobPlaneAccess access)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = null;
        return access.Spill(side.Deployment, job, context.Request.Body, context.RequestAborted);
    }
}
