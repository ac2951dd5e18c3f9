using Rouse.Core.Deployments;
using Rouse.Core.Jobs;
using Rouse.Core.Tenancy;
using Rouse.Core.Webhooks;
using Rouse.Store.Webhooks;

namespace Rouse.Store.Jobs;

/// <summary>A row of <c>jobs</c> on its way out; columns that a statement does not return stay at their defaults.</summary>
internal sealed class JobRow
{
    public string Deployment { get; set; } = "";
    public string Id { get; set; } = "";
    public string Tenant { get; set; } = "";
    public string Status { get; set; } = "";
    public long Low { get; set; }
    public long Place { get; set; }
    public long QueuedAt { get; set; }
    public long? TakenAt { get; set; }
    public long? EndedAt { get; set; }
    public long Tries { get; set; }
    public string? Worker { get; set; }
    public long ExecutionMs { get; set; }
    public long DropAt { get; set; }
    public string? Webhook { get; set; }
    public string? Traceparent { get; set; }
    public string? Error { get; set; }
    public byte[]? Output { get; set; }
    public byte[]? Input { get; set; }
    public byte[]? SealedS3 { get; set; }

    /// <summary>A webhook was queued with its end.</summary>
    public bool IsTold { get; set; }

    /// <summary>To its caller a job that waits at a provider waits, as one that waits here does.</summary>
    public JobRecord ToRecord() => new(
        JobId.Parse(Id), WaitsAtProvider ? JobStatus.InQueue : JobStatuses.Parse(Status), Time(QueuedAt), Time(TakenAt), Time(EndedAt), (int)Math.Max(0, Tries - 1), Worker, Output, Error, Webhook);

    public TakenJob ToTaken(long now) => new(
        JobId.Parse(Id), Input!, SealedS3, Webhook, TimeSpan.FromMilliseconds(ExecutionMs), TimeSpan.FromMilliseconds(now - QueuedAt))
    {
        Left = TimeSpan.FromMilliseconds(DropAt - now),
        LowPriority = Low == 1,
        TraceParent = Traceparent,
    };

    public JobChange ToChange() => new(
        DeploymentId.Parse(Deployment), JobId.Parse(Id), JobStatuses.Parse(Status), Worker, IsTold);

    /// <summary>The change of a row that was deleted.</summary>
    public JobChange ToRemoval() => new(
        DeploymentId.Parse(Deployment), JobId.Parse(Id), Status: null, JobStatuses.Parse(Status) == JobStatus.InProgress ? Worker : null, ToldByWebhook: false);

    public JobWebhook ToWebhook(byte[] input) => new(MessageId, TenantId.Parse(Tenant), Webhook!, JobDocument.Webhook(ToRecord(), input));

    /// <summary>What the tenant's endpoints are told of its end.</summary>
    public WebhookEvent ToEvent() =>
        new(MessageId, TenantId.Parse(Tenant), EventTypes.Of(JobStatuses.Parse(Status)), () => JobDocument.Event(ToRecord(), DeploymentId.Parse(Deployment)));

    /// <summary>A job that is retried ends again, at another time. Standard Webhooks: no dot in it.</summary>
    private string MessageId => $"{Deployment}_{Id}_{EndedAt}".Replace('.', '_');

    private bool WaitsAtProvider => TakenAt is null && JobStatuses.Parse(Status) == JobStatus.InProgress;

    private static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    private static DateTimeOffset? Time(long? milliseconds) => milliseconds is { } ms ? Time(ms) : null;
}
