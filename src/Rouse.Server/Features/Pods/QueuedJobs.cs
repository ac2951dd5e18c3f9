using Microsoft.AspNetCore.Http;
using Rouse.Contracts.Jobs;
using Rouse.Core.Deployments;
using Rouse.Core.Jobs;
using Rouse.Server.Auth;
using Rouse.Server.Features.JobPlane;
using Rouse.Server.Http;
using Rouse.Store.Jobs;

namespace Rouse.Server.Features.Pods;

/// <summary>A caller's job by its id alone.</summary>
internal sealed class QueuedJobs(Gateway.Jobs.JobPlane plane, ServiceJobStore store, OwnAddress own)
{
    public async ValueTask<(Found? Job, IResult? Refusal)> FindAsync(HttpContext context, string text)
    {
        return JobId.TryParse(text, out var id) && await store.FindAsync(CallerFilter.TenantOf(context), id, context.RequestAborted) is { } deployment
            && await plane.GetAsync(deployment, id, context.RequestAborted) is { } job
            ? (new Found(deployment, job), null)
            : (null, JobErrors.NoSuchJob(text));
    }

    public async ValueTask<QueuedRequestView> ShowAsync(Found found, CancellationToken ct)
    {
        var (deployment, job) = found;
        var known = await store.LoadAsync(deployment, job.Id, ct);
        return new QueuedRequestView
        {
            JobId = job.Id.Value,
            DeploymentId = deployment.Value,
            Status = Word(job.Status),
            Position = job.Status == JobStatus.InQueue ? await store.PositionAsync(deployment, job.Id, ct) : 0,
            QueuedAt = job.QueuedAt,
            StartedAt = job.Status == JobStatus.InQueue ? null : job.TakenAt,
            EndedAt = job.EndedAt,
            Error = job.Error,
            Attempts = [.. known.Attempts.Select(Show)],
            ResultUrl = own.Url($"/api/jobs/{job.Id}/result"),
        };
    }

    private static RequestAttemptView Show(RequestAttempt attempt) =>
        new(attempt.Number, attempt.Began, attempt.Ended, attempt.Outcome is { } end ? Word(end) : null, attempt.Status, attempt.Error);

    private static string Word(AttemptEnd end) => end switch
    {
        AttemptEnd.Answered => "answered",
        AttemptEnd.ServerError => "server_error",
        AttemptEnd.ConnectionFault => "connection_fault",
        AttemptEnd.TimedOut => "timed_out",
        AttemptEnd.Stopped => "stopped",
        AttemptEnd.Interrupted => "interrupted",
        AttemptEnd.SpoolCorrupt => "spool_corrupt",
        _ => throw new ArgumentOutOfRangeException(nameof(end)),
    };

    private static string Word(JobStatus status) => status switch
    {
        JobStatus.InQueue => "queued",
        JobStatus.InProgress => "running",
        _ => status.Word().ToLowerInvariant(),
    };

    internal sealed record Found(DeploymentId Deployment, JobRecord Job);
}
