namespace Rouse.Contracts.Deployments;

/// <summary>What <c>user_webhook_url</c> is sent when the deployment is ready or has failed. The members of the seed's payload, and why it failed.</summary>
public sealed record DeploymentWebhook
{
    /// <summary><c>deployment_ready</c> or <c>deployment_failed</c>.</summary>
    public required string Event { get; init; }

    public required string DeploymentId { get; init; }

    public required string Status { get; init; }

    public string? EndpointUrl { get; init; }

    public string? RunpodEndpointId { get; init; }

    public required string ModelId { get; init; }

    public string? GpuAllocated { get; init; }

    public string? Error { get; init; }

    public string? ErrorCode { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? ReadyAt { get; init; }

    /// <summary>From accepted to ready or failed.</summary>
    public required double DurationSeconds { get; init; }
}
