using Microsoft.AspNetCore.Http;
using Rouse.Core.Jobs;
using Rouse.Server.Http;

namespace Rouse.Server.Features.JobPlane;

/// <summary>What <c>run</c> and <c>runsync</c> share: read, check, queue.</summary>
internal static class SubmitJob
{
    /// <returns>The job, durable; or why there is none.</returns>
    public static async ValueTask<(NewJob? Job, IResult? Refusal)> AcceptAsync(
        HttpContext context, JobPlaneAccess access, Gateway.Jobs.JobPlane plane, string deployment, bool sync)
    {
        var (side, refusal) = await CallerSide.OpenAsync(context, access, deployment);
        if ((refusal ?? side.RefuseNewJobs()) is { } refused) return (null, refused);
        if (!JsonBody.IsUtf8Json(context.Request.ContentType))
        {
            return (null, Problems.Result(ErrorCode.UnsupportedMediaType, "Set Content-Type: application/json (charset utf-8 or none)."));
        }

        var limit = sync ? plane.Limits.MaxRunSyncBody : plane.Limits.MaxRunBody;
        if (await JsonBody.ReadBytesAsync(context, (int)limit) is not { } bytes)
        {
            return (null, Problems.Result(ErrorCode.TooLarge, $"The body may have at most {limit} bytes. Put large inputs into storage and send their URL."));
        }

        if (RunBody.TryParse(bytes, plane.Limits.MaxDepth, out refusal) is not { } body) return (null, refusal);
        var s3 = body.S3Config is null ? null : access.Seal(body.S3Config);
        var job = new NewJob(side.Tenant, side.Deployment, plane.NewId(sync), body.Input, s3, body.Webhook, body.Terms);
        return await plane.SubmitAsync(job, context.RequestAborted)
            ? (job, null)
            : (null, JobErrors.BackOff(context, JobErrors.QueueFull, $"{plane.Limits.MaxQueued} jobs of this deployment wait already."));
    }
}
