using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;

namespace Rouse.Core.Jobs;

/// <summary>A job as submitted.</summary>
/// <param name="Tenant">Who owns the deployment, and so the job.</param>
/// <param name="Deployment">Whose workers may take it.</param>
/// <param name="Id">Not used before.</param>
/// <param name="Input">A JSON object in UTF-8; reaches the worker byte for byte.</param>
/// <param name="SealedS3">The caller's <c>s3Config</c>, encrypted; opened only for the worker.</param>
/// <param name="Webhook">http(s) URL that gets the whole job when it has ended.</param>
/// <param name="Terms">Its policy.</param>
public sealed record NewJob(TenantId Tenant, DeploymentId Deployment, JobId Id, byte[] Input, byte[]? SealedS3, string? Webhook, JobTerms Terms)
{
    /// <summary>The caller's <c>Idempotency-Key</c>; null without one.</summary>
    public JobKey? Key { get; init; }

    /// <summary>The caller's trace (W3C <c>traceparent</c>); null where nobody traces.</summary>
    public string? TraceParent { get; init; }

    /// <summary>What is sent to a service; null where the input says it all.</summary>
    public ServiceRequest? Request { get; init; }

    /// <summary>Jobs of the deployment that may wait, this one included; looked at with the write. Null: <see cref="JobLimits.MaxQueued"/> alone, softly.</summary>
    public int? MaxWaiting { get; init; }
}

/// <summary>A job as its worker gets it.</summary>
public sealed record TakenJob(JobId Id, byte[] Input, byte[]? SealedS3, string? Webhook, TimeSpan ExecutionTimeout, TimeSpan Waited)
{
    /// <summary>What is left of its time to live.</summary>
    public TimeSpan Left { get; init; }

    public bool LowPriority { get; init; }

    /// <inheritdoc cref="NewJob.TraceParent"/>
    public string? TraceParent { get; init; }
}

/// <summary>What a worker says a job came to.</summary>
/// <param name="Worker">Who says so.</param>
/// <param name="Output">JSON in UTF-8, or null.</param>
/// <param name="Error">Null: the job has succeeded.</param>
public sealed record JobResult(string Worker, byte[]? Output, string? Error)
{
    /// <summary>How it ended, where another queue than ours timed it out or had it cancelled; null: as <see cref="Error"/> says.</summary>
    public JobStatus? EndsAs { get; init; }

    /// <summary>How long it ran, where that is known better than from the take; null: since the take.</summary>
    public TimeSpan? Execution { get; init; }
}

/// <summary>A job as its caller may see it.</summary>
/// <param name="Id">The job.</param>
/// <param name="Status">Where it is.</param>
/// <param name="QueuedAt">Submission or retry.</param>
/// <param name="TakenAt">The last take; null before the first.</param>
/// <param name="EndedAt">Null while it has not ended.</param>
/// <param name="Retries">How often it was given out again because its worker was lost.</param>
/// <param name="Worker">Who holds it or ended it.</param>
/// <param name="Output">JSON in UTF-8: the result, or the last progress of a running job.</param>
/// <param name="Error">Why it failed.</param>
/// <param name="Webhook">Where its end is told.</param>
public sealed record JobRecord(
    JobId Id, JobStatus Status, DateTimeOffset QueuedAt, DateTimeOffset? TakenAt, DateTimeOffset? EndedAt, int Retries, string? Worker,
    byte[]? Output, string? Error, string? Webhook);

/// <summary>What a write did to a job: all that signals, stop lists and waiters are driven by.</summary>
/// <param name="Deployment">Whose job.</param>
/// <param name="Id">Which job.</param>
/// <param name="Status">Where it is now; null when it is gone.</param>
/// <param name="Holder">The worker that had it when the change came.</param>
/// <param name="ToldByWebhook">A delivery was queued with the change.</param>
public sealed record JobChange(DeploymentId Deployment, JobId Id, JobStatus? Status, string? Holder, bool ToldByWebhook);

/// <param name="Queued">Jobs that wait.</param>
/// <param name="HeadWait">How long the first of them has waited.</param>
/// <param name="Running">Jobs by the worker that holds them.</param>
public sealed record JobLoad(int Queued, TimeSpan HeadWait, IReadOnlyDictionary<string, int> Running);

/// <summary>Jobs that are kept, by status.</summary>
/// <param name="Completed">Ended well.</param>
/// <param name="Failed">Ended FAILED or TIMED_OUT.</param>
/// <param name="InProgress">With a worker.</param>
/// <param name="InQueue">Waiting.</param>
/// <param name="Retried">Given out more than once, or retried by their caller.</param>
public sealed record JobTotals(long Completed, long Failed, long InProgress, long InQueue, long Retried);
