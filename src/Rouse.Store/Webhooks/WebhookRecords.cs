using Rouse.Core.Tenancy;
using Rouse.Core.Webhooks;

namespace Rouse.Store.Webhooks;

/// <summary>Something that webhooks tell of, published in the transaction that makes it so.</summary>
/// <param name="Id">The <c>webhook-id</c>: one per event, the same for every receiver and on every try. No dot in it (Standard Webhooks 1.0).</param>
/// <param name="Tenant">Whose endpoints are told.</param>
/// <param name="Type">One of <see cref="EventTypes"/>.</param>
/// <param name="Write">Its JSON in UTF-8; called once, and only when somebody listens. Must be pure.</param>
public sealed record WebhookEvent(string Id, TenantId Tenant, string Type, Func<byte[]> Write)
{
    /// <summary>A URL that is told besides the tenant's endpoints: a deployment's <c>user_webhook_url</c>.</summary>
    public string? Url { get; init; }

    /// <summary>Which events that URL wants.</summary>
    public EventFilter UrlEvents { get; init; } = EventFilter.Default;
}

/// <summary>The webhook of one job, as Runpod sends it: to its own URL, by Runpod's rule.</summary>
/// <param name="Id">As <see cref="WebhookEvent"/>'s.</param>
public sealed record JobWebhook(string Id, TenantId Tenant, string Url, byte[] Body);

/// <summary>An endpoint as its tenant sees it.</summary>
/// <param name="IsImplicit">It stands for a <c>user_webhook_url</c>; nobody created it.</param>
/// <param name="DisabledBecause"><see cref="DisabledReasons"/>; null while it is enabled.</param>
/// <param name="OldSecretUntil">Until when what is sent carries a signature by the former secret too.</param>
/// <param name="Waiting">Deliveries on their way.</param>
/// <param name="Dead">Dead letters.</param>
/// <param name="IsFailing">The last try did not succeed.</param>
/// <param name="PausedUntil">The receiver asked for time.</param>
public sealed record WebhookEndpoint(
    WebhookId Id, TenantId Tenant, string Url, EventFilter Events, string? Description, bool IsImplicit, bool IsEnabled, string? DisabledBecause, int SecretVersion,
    DateTimeOffset? OldSecretUntil, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, long Waiting, long Dead, bool IsFailing, DateTimeOffset? PausedUntil);

public static class DisabledReasons
{
    /// <summary>Its owner said so.</summary>
    public const string Owner = "owner";

    /// <summary>It answered 410.</summary>
    public const string Gone = "gone";
}

/// <summary>One try to be made now.</summary>
/// <param name="Endpoint">Whose turn it is; not always a <see cref="WebhookId"/>.</param>
/// <param name="Tries">Of this round, this one included; a resend begins a new round.</param>
/// <param name="AllTries">Of all rounds.</param>
/// <param name="Signer">Whose secrets sign; null when the tenant has none for this URL.</param>
/// <param name="IsFailing">The endpoint's last try did not succeed.</param>
public sealed record Delivery(
    string Endpoint, string Message, TenantId Tenant, DeliveryPolicy Policy, string Url, byte[] Body, int Tries, int AllTries, DeliverySigner? Signer, bool IsFailing);

/// <param name="Version">Of its present secret; 0 when it has none yet.</param>
public sealed record DeliverySigner(WebhookId Endpoint, int Version, DateTimeOffset? OldSecretUntil);

/// <summary>One line of an endpoint's log.</summary>
/// <param name="State"><see cref="DeliveryStates"/>.</param>
/// <param name="Status">Of the last answer.</param>
/// <param name="NextTryAt">Null unless it waits.</param>
public sealed record DeliveryEntry(
    string Message, string Type, string State, int Tries, int AllTries, int? Status, TryFailure Failure, DateTimeOffset CreatedAt, DateTimeOffset? TriedAt, DateTimeOffset? NextTryAt,
    DateTimeOffset? EndedAt);

public static class DeliveryStates
{
    public const string Waiting = "waiting";
    public const string Sending = "sending";
    public const string Delivered = "delivered";
    public const string Dead = "dead";

    public static IReadOnlyList<string> All { get; } = [Waiting, Sending, Delivered, Dead];
}
