using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts;
using Rouse.Contracts.Workers;
using Rouse.Core.Deployments;
using Rouse.Server.Auth;
using Rouse.Server.Caching;
using Rouse.Server.Http;
using Rouse.Store.Deployments;

namespace Rouse.Server.Features.Reports;

/// <summary>
/// <c>POST /internal/v1/deployments/{id}/attempts/{attempt}/cache</c>: a worker asks for a copy of its model, signed as its reports are. What it gets
/// reads the files of this one model for some minutes; no key of anybody is in it.
/// </summary>
internal static class FindCachedModel
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/internal/v1/deployments/{id}/attempts/{attempt:int}/cache", HandleAsync)
        .IsOpen("Workers sign with the secret of their attempt.").WithName("findCachedModel").WithSummary("A worker asks for a copy of its model").WithTags("worker")
        .Accepts<WorkerCacheRequest>("application/json").Produces<WorkerCacheReply>()
        .Refuses(ErrorCode.InvalidJson, ErrorCode.Unauthorized, ErrorCode.NotFound, ErrorCode.AttemptOver, ErrorCode.TooLarge, ErrorCode.UnsupportedMediaType);

    private static async Task<IResult> HandleAsync(
        HttpContext context, string id, int attempt, CallbackSecrets secrets, TimeProvider time, DeploymentDirectory directory, DeploymentStore store, CacheLookup cache)
    {
        var signed = await SignedReport.OpenAsync(context, id, attempt, secrets, time);
        if (signed.Refusal is { } refusal) return refusal;
        var body = JsonBody.Parse(signed.Body, RouseJson.Default.WorkerCacheRequest);
        if (body.Problem is { } unreadable) return unreadable;
        if (body.Value!.WorkerId.Length is 0 or > ReceiveReport.MaxWorkerIdLength) return Problems.Result(ErrorCode.InvalidJson, $"worker_id has 1 to {ReceiveReport.MaxWorkerIdLength} characters.");
        if (await directory.FindAsync(DeploymentId.Parse(id), context.RequestAborted) is not { } located) return Gone();
        if (await store.LoadAsync(located.Tenant, DeploymentId.Parse(id), context.RequestAborted) is not { } row || row.Attempt != attempt || row.Phase.IsEnded()) return Gone();
        context.Response.Headers.CacheControl = "no-store";
        return Results.Json(await cache.FindAsync(row, context.RequestAborted), RouseJson.Default.WorkerCacheReply);
    }

    private static IResult Gone() => Problems.Result(ErrorCode.AttemptOver, "The deployment has ended or goes on with another attempt.");
}
