using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Rouse.Contracts.Telemetry;
using Rouse.Core.Deployments;
using Rouse.Core.Jobs;
using Rouse.Core.Models;
using Rouse.Server.Features.Deployments;
using Rouse.Server.Features.JobPlane;
using Rouse.Server.Http;

namespace Rouse.Server.Features.Doors;

/// <summary>Makes jobs of an order, holds the caller until they have ended, also through a wake, and takes back what nobody waits for any more.</summary>
internal sealed class DoorJobs(Gateway.Jobs.JobPlane plane, JobPlaneAccess access, DeploymentReader reader, KeptPictures kept, IHostApplicationLifetime host, TimeProvider time)
{
    /// <summary>What a worker writes before the fault it finds in an input.</summary>
    private const string InvalidInput = "invalid_input: ";

    /// <summary>A start takes minutes; asking sooner finds it no further.</summary>
    private const string RetryAfterSeconds = "10";

    /// <param name="invalid">The door's code for an input that the model itself refused.</param>
    public async ValueTask<(IReadOnlyList<DoorPictures>? Jobs, IResult? Refusal)> RunAsync(HttpContext context, DeploymentState deployment, ImageOrder order, ErrorCode invalid)
    {
        if (deployment.Phase.IsEnded())
            return (null, Problems.Result(JobErrors.DeploymentEnded, $"The deployment is {deployment.Phase.Word()} and takes no more requests. Deploy the model again."));
        if (deployment.Spec.Service is not null)
            return (null, Problems.Result(DoorErrors.NotAModel, $"This deployment speaks HTTP itself: send what it understands to /d/{deployment.Id}/…"));
        if (deployment.Spec.Task != ModelTask.TextToImage || (deployment.Engine ?? deployment.Spec.Engine)?.SpeaksOurPictures() == false)
        {
            var what = deployment.Spec.Task != ModelTask.TextToImage ? $"is for {deployment.Spec.Task.Word()}" : $"runs {(deployment.Engine ?? deployment.Spec.Engine)!.Value.Word()}, which has members of its own";
            return (null, Problems.Result(DoorErrors.NotAModel, $"This door makes pictures of texts, and the deployment {what}. Send its jobs to /v2/{deployment.Id}/runsync."));
        }

        var began = time.GetTimestamp();
        var wait = Wait(context.Request);
        await TellAsync(context, deployment);
        List<JobId> open = [];
        try
        {
            foreach (var input in order.Inputs())
            {
                // Noted before it is queued and queued whoever leaves: so none is queued that is not taken back.
                open.Add(plane.NewId(sync: true));
                var job = new NewJob(deployment.Tenant, deployment.Id, open[^1], input, null, null, JobTerms.Default) { TraceParent = Tracing.TraceParent };
                if (await plane.SubmitAsync(job, CancellationToken.None) is null)
                    return (null, JobErrors.BackOff(context, JobErrors.QueueFull, $"{plane.Limits.MaxQueued} jobs of this deployment wait already."));
            }

            List<DoorPictures> done = [];
            foreach (var id in open.ToArray())
            {
                var left = wait - time.GetElapsedTime(began);
                var job = await plane.WaitForEndAsync(deployment.Id, id, left > TimeSpan.Zero ? left : TimeSpan.Zero, context.RequestAborted, host.ApplicationStopping);
                if (job is not { Status: JobStatus.Completed }) return (null, Refuse(context, job, wait, invalid));
                var (pictures, fault) = await kept.ReadAsync(deployment, job, order.ByUrl, context.RequestAborted);
                if (pictures is null) return (null, Problems.Result(DoorErrors.Failed, fault!));
                if (done.Count == 0 && job.TakenAt is { } taken)
                    context.Response.Headers["X-Rouse-Waited-Ms"] = Text(Math.Max(0, (long)(taken - job.QueuedAt).TotalMilliseconds));
                open.Remove(id);
                done.Add(pictures);
            }

            return (done, null);
        }
        finally
        {
            // Nobody else knows their ids, so nobody would read what comes of them.
            foreach (var id in open) await plane.CancelAsync(deployment.Id, id, CancellationToken.None);
        }
    }

    /// <summary>RFC 7240: seconds that the caller wants to wait. What is no such number is passed over, as preferences may be.</summary>
    private TimeSpan Wait(HttpRequest request)
    {
        foreach (var part in request.Headers["Prefer"].SelectMany(line => (line ?? "").Split(',', ';')))
        {
            if (part.Split('=') is [var name, var value] && name.Trim().Equals("wait", StringComparison.OrdinalIgnoreCase)
                && int.TryParse(value.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds > 0
                && TimeSpan.FromSeconds(seconds) < plane.Limits.DoorWait) return TimeSpan.FromSeconds(seconds);
        }

        return plane.Limits.DoorWait;
    }

    /// <summary>What is known of the wait before it begins.</summary>
    private async ValueTask TellAsync(HttpContext context, DeploymentState deployment)
    {
        var headers = context.Response.Headers;
        var queue = await plane.StateAsync(deployment.Id, context.RequestAborted);
        // Ready is also what has gone to sleep and wakes by itself.
        var isAwake = await access.ObservedWorkers(deployment.Tenant, deployment.Id, context.RequestAborted) is { } seen
            ? seen.Ready + seen.Idle + seen.Running > 0
            : queue.Workers.Values.Any(worker => worker.Ready);
        var isCold = deployment.Phase != Phase.Ready || !isAwake;
        headers["X-Rouse-Cold-Start"] = isCold ? "true" : "false";
        headers["X-Rouse-Queue-Position"] = Text(queue.Queued);
        if (!isCold) return;
        var estimate = await reader.EstimateAsync(deployment.Spec, context.RequestAborted);
        headers["X-Rouse-Expected-Wait-Seconds"] = Text(deployment.Phase.IsStarting() ? estimate.Remaining(time.GetUtcNow() - deployment.CreatedAt) : estimate.Seconds);
    }

    private IResult Refuse(HttpContext context, JobRecord? job, TimeSpan wait, ErrorCode invalid)
    {
        switch (job?.Status)
        {
            case JobStatus.Failed when job.Error?.StartsWith(InvalidInput, StringComparison.Ordinal) == true:
                return Problems.Result(invalid, job.Error[InvalidInput.Length..]);
            case JobStatus.Failed:
                return Problems.Result(DoorErrors.Failed, job.Error ?? "The model failed and did not say why.");
            case JobStatus.TimedOut:
                return Later(context, DoorErrors.TimedOut, job.Error ?? "The model took longer than a job may take.");
            case null or JobStatus.Cancelled:
                return Problems.Result(DoorErrors.Cancelled, "The job was cancelled before it had ended.");
            default:
                return host.ApplicationStopping.IsCancellationRequested
                    ? Later(context, ErrorCode.Stopping, "The server is about to stop, and the job was taken back. Ask again.")
                    : Later(context, DoorErrors.WaitOver, $"Nothing came within {Text((long)wait.TotalSeconds)} s, and the job was taken back. Ask again, or use /v2/{{deployment}}/run and ask for its status.");
        }
    }

    private static IResult Later(HttpContext context, ErrorCode code, string detail)
    {
        context.Response.Headers.RetryAfter = RetryAfterSeconds;
        return Problems.Result(code, detail);
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
