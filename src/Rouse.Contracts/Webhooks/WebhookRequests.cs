using System.ComponentModel.DataAnnotations;

namespace Rouse.Contracts.Webhooks;

/// <summary>Body of <c>POST /v1/webhooks</c>. Unknown members are refused.</summary>
public sealed record CreateWebhookRequest
{
    public const int MaxUrl = 2048;
    public const int MaxDescription = 200;

    /// <summary>http(s), at most 2048 characters, without a user name. You have one endpoint per URL.</summary>
    [StringLength(MaxUrl, MinimumLength = 1)]
    public required string Url { get; init; }

    /// <summary>
    /// Event types: <c>deployment.ready</c>, <c>deployment.failed</c>, <c>deployment.deleted</c>, <c>deployment.phase_changed</c>, <c>job.completed</c>,
    /// <c>job.failed</c>, <c>job.cancelled</c>, <c>job.timed_out</c>, or <c>deployment.*</c>, <c>job.*</c>, <c>*</c>. Default: the first three.
    /// </summary>
    public IReadOnlyList<string>? Events { get; init; }

    /// <summary>For you; at most 200 characters.</summary>
    [StringLength(MaxDescription)]
    public string? Description { get; init; }

    /// <summary>Default true.</summary>
    public bool? Enabled { get; init; }
}

/// <summary>Body of <c>PATCH /v1/webhooks/{id}</c>: what is absent stays.</summary>
public sealed record UpdateWebhookRequest
{
    [StringLength(CreateWebhookRequest.MaxUrl, MinimumLength = 1)]
    public string? Url { get; init; }

    public IReadOnlyList<string>? Events { get; init; }

    /// <summary>An empty one removes it.</summary>
    [StringLength(CreateWebhookRequest.MaxDescription)]
    public string? Description { get; init; }

    /// <summary>While it is false nothing is sent and nothing new is queued; true sends what waits.</summary>
    public bool? Enabled { get; init; }
}
