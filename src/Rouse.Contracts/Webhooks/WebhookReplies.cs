namespace Rouse.Contracts.Webhooks;

/// <summary>An endpoint that webhooks go to. Its secret is not part of it.</summary>
public sealed record WebhookView
{
    public required string Id { get; init; }

    public required string Url { get; init; }

    /// <summary>What it is told of. An implicit one is told what its deployments ask for.</summary>
    public required IReadOnlyList<string> Events { get; init; }

    public string? Description { get; init; }

    public required bool Enabled { get; init; }

    /// <summary><c>owner</c>: you did; <c>gone</c>: it answered 410. Absent while it is enabled.</summary>
    public string? DisabledReason { get; init; }

    /// <summary>Nobody created it: it stands for the <c>user_webhook_url</c> of deployments.</summary>
    public required bool Implicit { get; init; }

    /// <summary>1 from the first secret on. 0: none was needed yet.</summary>
    public required int SecretVersion { get; init; }

    /// <summary>Until when what is sent is signed with the former secret too.</summary>
    public DateTimeOffset? OldSecretUntil { get; init; }

    /// <summary>Deliveries that are not over.</summary>
    public required long Waiting { get; init; }

    /// <summary>Deliveries whose ten tries failed, or that met a 410. Kept for 30 days; <c>resend</c> sends them again.</summary>
    public required long DeadLetters { get; init; }

    /// <summary>The last try did not succeed.</summary>
    public required bool Failing { get; init; }

    /// <summary>The receiver answered 429, 502, 503 or 504 and is left alone until then.</summary>
    public DateTimeOffset? PausedUntil { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }
}

public sealed record WebhookPage(IReadOnlyList<WebhookView> Webhooks, string? NextCursor);

/// <summary>Answer of creating and rotating.</summary>
/// <param name="Webhook">The endpoint.</param>
/// <param name="Secret"><c>whsec_…</c>, shown this once. Verify what you receive with it, as the Standard Webhooks specification says.</param>
public sealed record WebhookSecretReply(WebhookView Webhook, string Secret)
{
    /// <summary>Without the secret.</summary>
    public override string ToString() => Webhook.Id;
}

/// <summary>One line of an endpoint's log. What the receiver said is not kept.</summary>
public sealed record WebhookDeliveryView
{
    /// <summary>The <c>webhook-id</c> it was sent under.</summary>
    public required string Id { get; init; }

    public required string Type { get; init; }

    /// <summary><c>waiting</c>, <c>sending</c>, <c>delivered</c> or <c>dead</c>.</summary>
    public required string State { get; init; }

    /// <summary>Of 10, since it was queued or sent again.</summary>
    public required int Tries { get; init; }

    public required int TotalTries { get; init; }

    /// <summary>Of the last answer; absent when there was none.</summary>
    public int? LastStatus { get; init; }

    /// <summary><c>refused</c>, <c>redirected</c>, <c>gone</c>, <c>timed_out</c>, <c>unreachable</c>, <c>broken</c> or <c>not_signed</c>.</summary>
    public string? Failure { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? LastTryAt { get; init; }

    public DateTimeOffset? NextTryAt { get; init; }

    /// <summary>When it was delivered, or given up.</summary>
    public DateTimeOffset? EndedAt { get; init; }
}

public sealed record WebhookDeliveryPage(IReadOnlyList<WebhookDeliveryView> Deliveries, string? NextCursor);

/// <summary>Answer of resending and testing.</summary>
/// <param name="Queued">How many deliveries.</param>
/// <param name="DeliveryId">Of the one that was named or made.</param>
public sealed record WebhookQueuedReply(int Queued, string? DeliveryId);

/// <summary>Body of a test event.</summary>
public sealed record WebhookTest(string Type, DateTimeOffset Timestamp, string Event, string WebhookId);
