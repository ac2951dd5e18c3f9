using Rouse.Core.Tenancy;
using Rouse.Core.Webhooks;

namespace Rouse.Store.Webhooks;

/// <summary>A row of <c>webhook_endpoints</c>; columns that a statement does not ask for stay at their defaults.</summary>
internal sealed class EndpointRow
{
    /// <summary>Made with the API.</summary>
    public const string Created = "created";

    /// <summary>Stands for a deployment's <c>user_webhook_url</c>.</summary>
    public const string Implicit = "implicit";

    /// <summary>One host's share of the jobs' own webhooks of a tenant: there so that it waits for no other, and never shown.</summary>
    public const string Jobs = "jobs";

    public const string Seen = """
        id, tenant, kind, url, events, description, enabled, disabled_because, secret_version, old_secret_until, created_at, updated_at, failing, paused_until,
        (select count(*) from webhook_deliveries d where d.endpoint = id and d.state in ('waiting', 'sending')) as waiting,
        (select count(*) from webhook_deliveries d where d.endpoint = id and d.state = 'dead') as dead
        """;

    public string Id { get; set; } = "";
    public string Tenant { get; set; } = "";
    public string Kind { get; set; } = "";
    public string Url { get; set; } = "";
    public string Events { get; set; } = "";
    public string? Description { get; set; }
    public long Enabled { get; set; }
    public string? DisabledBecause { get; set; }
    public long SecretVersion { get; set; }
    public long? OldSecretUntil { get; set; }
    public long CreatedAt { get; set; }
    public long UpdatedAt { get; set; }
    public long? NextAt { get; set; }
    public long IsFull { get; set; }
    public long Failing { get; set; }
    public long Deleted { get; set; }
    public long PausedUntil { get; set; }
    public long Waiting { get; set; }
    public long Dead { get; set; }

    public DeliverySigner Signer => new(WebhookId.Parse(Id), (int)SecretVersion, UnixTime.From(OldSecretUntil));

    public WebhookEndpoint ToEndpoint() => new(
        WebhookId.Parse(Id), TenantId.Parse(Tenant), Url, EventFilter.Parse(Events), Description, Kind == Implicit, Enabled == 1, Enabled == 1 ? null : DisabledBecause, (int)SecretVersion,
        UnixTime.From(OldSecretUntil), UnixTime.From(CreatedAt), UnixTime.From(UpdatedAt), Waiting, Dead, Failing == 1, PausedUntil == 0 ? null : UnixTime.From(PausedUntil));
}
