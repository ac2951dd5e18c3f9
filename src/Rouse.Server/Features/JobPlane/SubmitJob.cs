using Microsoft.AspNetCore.Http;
using Rouse.Contracts.Telemetry;
using Rouse.Core.Deployments;
using Rouse.Core.Jobs;
using Rouse.Server.Http;

namespace Rouse.Server.Features.JobPlane;

/// <summary>What <c>run</c> and <c>runsync</c> share: read, check, queue.</summary>
internal static class SubmitJob
{
    /// <summary>What both may answer in place of a job.</summary>
    public static readonly ErrorCode[] Refusals =
    [
        JobErrors.InvalidInput, JobErrors.InvalidPolicy, JobErrors.InvalidWebhook, ErrorCode.InvalidParameter, ErrorCode.DeploymentNotFound, JobErrors.JobNotFound,
        JobErrors.DeploymentEnded, ErrorCode.IdempotencyMismatch, JobErrors.QueueFull,
    ];

    /// <returns>The job, durable; or why there is none.</returns>
    public static async ValueTask<(Accepted? Job, IResult? Refusal)> AcceptAsync(
        HttpContext context, JobPlaneAccess access, Gateway.Jobs.JobPlane plane, string deployment, bool sync)
    {
        var (side, refusal) = await CallerSide.OpenAsync(context, access, deployment);
        if (refusal is not null) return (null, refusal);
        // A repeated request gets its job even if the deployment has ended or the queue has filled since.
        var hasKey = context.Request.Headers.ContainsKey(IdempotencyHeader.Name);
        if (!hasKey && side.RefuseNewJobs() is { } ended) return (null, ended);
        if (!JsonBody.IsUtf8Json(context.Request.ContentType))
        {
            return (null, Problems.Result(ErrorCode.UnsupportedMediaType, "Set Content-Type: application/json (charset utf-8 or none)."));
        }

        var limit = sync ? plane.Limits.MaxRunSyncBody : plane.Limits.MaxRunBody;
        if (await JsonBody.ReadBytesAsync(context, (int)limit) is not { } bytes)
        {
            return (null, Problems.Result(ErrorCode.TooLarge, $"The body may have at most {limit} bytes. Put large inputs into storage and send their URL."));
        }

        JobKey? key = null;
        if (hasKey)
        {
            if (!TryKey(context.Request, side, sync, bytes, out key, out refusal)) return (null, refusal);
            if (await plane.FindAsync(side.Tenant, key!, context.RequestAborted) is { } known) return Answer(context, side, known);
            if (side.RefuseNewJobs() is { } over) return (null, over);
        }

        if (RunBody.TryParse(bytes, plane.Limits.MaxDepth, out refusal) is not { } body) return (null, refusal);
        var service = access.ServiceOf(side.Deployment);
        if (service is not null && access.CheckServiceInput(body.Input) is { } wrong) return (null, Problems.Result(JobErrors.InvalidInput, wrong));
        if (await access.ExceededBy(side.Tenant, side.Deployment, body.Input.Length + (body.S3Config?.Length ?? 0), context.RequestAborted) is { } most)
        {
            return (null, Problems.Result(ErrorCode.TooLarge, $"The provider's queue takes jobs of at most {most} bytes. Put large inputs into storage and send their URL."));
        }

        var s3 = body.S3Config is null ? null : access.Seal(body.S3Config);
        var job = new NewJob(side.Tenant, side.Deployment, plane.NewId(sync), body.Input, s3, body.Webhook, body.Terms)
        {
            Key = key, TraceParent = Tracing.TraceParent, MaxWaiting = service?.MaxQueue,
        };
        return await plane.SubmitAsync(job, context.RequestAborted) switch
        {
            Submission.Queued => (new Accepted(side.Deployment, job.Id, Repeated: false), null),
            { } known => Answer(context, side, known),
            null => (null, JobErrors.BackOff(context, JobErrors.QueueFull, $"{service?.MaxQueue ?? plane.Limits.MaxQueued} jobs of this deployment wait already.")),
        };
    }

    /// <summary>What a key that is already known is answered with.</summary>
    private static (Accepted? Job, IResult? Refusal) Answer(HttpContext context, CallerSide side, Submission known)
    {
        if (known is not Submission.Repeats repeats) return (null, IdempotencyHeader.OtherBody());
        context.Response.Headers[IdempotencyHeader.Replayed] = "true";
        return (new Accepted(side.Deployment, repeats.Job, Repeated: true), null);
    }

    private static bool TryKey(HttpRequest request, CallerSide side, bool sync, byte[] body, out JobKey? key, out IResult? problem)
    {
        var usable = IdempotencyHeader.TryRead(request, $"POST /v2/{side.Deployment}/{(sync ? "runsync" : "run")}", body, out var read, out problem);
        key = read is null ? null : new JobKey(read.Scope, read.Key, read.Fingerprint);
        return usable;
    }

    /// <summary>A job that is durable; one of an earlier request when it is repeated.</summary>
    internal sealed record Accepted(DeploymentId Deployment, JobId Id, bool Repeated);
}
