using System.Text.Json;

namespace Rouse.Contracts.Deployments;

/// <summary>
/// What webhooks tell of a deployment: the members of the seed's payload, and since then <see cref="Type"/>, <see cref="Timestamp"/>,
/// <see cref="Sequence"/>, <see cref="Attempt"/> and why it failed.
/// </summary>
public sealed record DeploymentWebhook
{
    /// <summary><c>deployment.ready</c>, <c>deployment.failed</c>, <c>deployment.deleted</c> or <c>deployment.phase_changed</c>.</summary>
    public required string Type { get; init; }

    /// <summary>When it happened. The <c>webhook-timestamp</c> header says when it was sent.</summary>
    public required DateTimeOffset Timestamp { get; init; }

    /// <summary>
    /// Rises with each event of one deployment, and is the id of the same event on <c>/v1/deployments/{id}/stream</c>. Deliveries may overtake each
    /// other; this tells their order.
    /// </summary>
    public required long Sequence { get; init; }

    /// <summary>The seed's word: <c>deployment_ready</c>, <c>deployment_failed</c>, …</summary>
    public required string Event { get; init; }

    public required string DeploymentId { get; init; }

    public required string Status { get; init; }

    /// <summary>0 before the first try to get capacity.</summary>
    public required int Attempt { get; init; }

    public string? EndpointUrl { get; init; }

    public string? RunpodEndpointId { get; init; }

    public required string ModelId { get; init; }

    public string? GpuAllocated { get; init; }

    public string? Error { get; init; }

    public string? ErrorCode { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? ReadyAt { get; init; }

    /// <summary>From accepted to ready, to the end, or to this phase.</summary>
    public required double DurationSeconds { get; init; }

    /// <summary>How to call it; when it is ready.</summary>
    public UsageExample? UsageExample { get; init; }
}

/// <summary>A request to a ready deployment, to be copied.</summary>
/// <param name="Headers">With a placeholder where the key goes.</param>
/// <param name="Body">Runpod's: <c>input</c> with the model's members.</param>
public sealed record UsageExample(string Method, string Url, IReadOnlyDictionary<string, string> Headers, JsonElement Body);
