using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts;
using Rouse.Contracts.Workers;
using Rouse.Core.Deployments;
using Rouse.Server.Auth;
using Rouse.Server.Caching.S3;
using Rouse.Server.Features.Reports;
using Rouse.Server.Http;
using Rouse.Server.Outputs;
using Rouse.Store.Deployments;
using Rouse.Store.Outputs;

namespace Rouse.Server.Features.Outputs;

/// <summary>
/// <c>POST /internal/v1/deployments/{id}/attempts/{attempt}/outputs</c>: a worker has made something and asks where to, signed as its reports are. What it gets takes these bytes and
/// no others, for an hour; no key of anybody is in it.
/// </summary>
internal static class OfferOutput
{
    private const int MaxMediaType = 128;

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/internal/v1/deployments/{id}/attempts/{attempt:int}/outputs", HandleAsync)
        .IsOpen("Workers sign with the secret of their attempt.").WithName("offerOutput").WithSummary("A worker asks where to put what a job made, or whether it is there").WithTags("worker")
        .Accepts<WorkerOutputRequest>("application/json").Produces<WorkerOutputReply>()
        .Refuses(
            ErrorCode.InvalidJson, ErrorCode.Unauthorized, ErrorCode.NotFound, OutputErrors.NoStore, ErrorCode.AttemptOver, ErrorCode.TooLarge, ErrorCode.UnsupportedMediaType, OutputErrors.NotNow,
            OutputErrors.Full);

    private static async Task<IResult> HandleAsync(
        HttpContext context, string id, int attempt, CallbackSecrets secrets, TimeProvider time, DeploymentDirectory directory, DeploymentStore store, OutputShelf shelf)
    {
        var signed = await SignedReport.OpenAsync(context, id, attempt, secrets, time);
        if (signed.Refusal is { } refusal) return refusal;
        var body = JsonBody.Parse(signed.Body, RouseJson.Default.WorkerOutputRequest);
        if (body.Problem is { } unreadable) return unreadable;
        var asked = body.Value!;
        if (asked.WorkerId.Length is 0 or > ReceiveReport.MaxWorkerIdLength || asked.MediaType.Length is 0 or > MaxMediaType || asked.Size < 0 || !OutputName.IsDigest(asked.Sha256))
            return Problems.Result(ErrorCode.InvalidJson, "worker_id, sha256 (64 hexadecimal digits in lower case), size and media_type are needed.");
        if (asked.Size > shelf.Limits.MaxFile) return Problems.Result(ErrorCode.TooLarge, $"One output has at most {shelf.Limits.MaxFile} bytes here.");
        if (!shelf.IsOpen) return Problems.Result(OutputErrors.NoStore, "The operator has set up neither a folder that all servers share (ROUSE_OUTPUTS) nor an object store (ROUSE_OUTPUTS_S3_URL).");
        if (await directory.FindAsync(DeploymentId.Parse(id), context.RequestAborted) is not { } located) return Gone();
        if (await store.LoadAsync(located.Tenant, DeploymentId.Parse(id), context.RequestAborted) is not { } row || row.Attempt != attempt || row.Phase.IsEnded()) return Gone();
        context.Response.Headers.CacheControl = "no-store";
        return await AskAsync(context, shelf, row, asked);
    }

    private static async ValueTask<IResult> AskAsync(HttpContext context, OutputShelf shelf, DeploymentState row, WorkerOutputRequest asked)
    {
        try
        {
            var (reply, room) = await shelf.AskAsync(row, OutputName.Of(asked.Sha256, asked.MediaType), asked.Size, context.RequestAborted);
            return reply is not null ? Results.Json(reply, RouseJson.Default.WorkerOutputReply)
                : room == OutputRoom.Full ? Problems.Result(OutputErrors.Full, "As much is kept as may be. What is older goes when its time is over.")
                : Problems.Result(OutputErrors.NotNow, "It is being removed, or has just been stored, at this moment.");
        }
        catch (S3Fault fault)
        {
            return Problems.Result(OutputErrors.NotNow, fault.Message);
        }
    }

    private static IResult Gone() => Problems.Result(ErrorCode.AttemptOver, "The deployment has ended or goes on with another attempt.");
}
