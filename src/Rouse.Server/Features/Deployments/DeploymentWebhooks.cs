using System.Globalization;
using System.Text.Json;
using Rouse.Contracts;
using Rouse.Contracts.Deployments;
using Rouse.Core.Deployments;
using Rouse.Core.Webhooks;
using Rouse.Store.Webhooks;

namespace Rouse.Server.Features.Deployments;

/// <summary>Composes what webhooks tell of a deployment. Published with the state itself, sent by the delivery loop.</summary>
internal sealed class DeploymentWebhooks(DeploymentViews views, TimeProvider time)
{
    private static readonly JsonElement s_exampleBody = JsonDocument.Parse("""{"input":{"prompt":"a lighthouse at dusk","num_inference_steps":4}}""").RootElement.Clone();

    private static readonly Dictionary<string, string> s_exampleHeaders =
        new(StringComparer.Ordinal) { ["Authorization"] = "Bearer <your API key>", ["Content-Type"] = "application/json" };

    /// <param name="sequence">The number of the event that says the same on the event stream.</param>
    public WebhookEvent For(DeploymentState row, long sequence)
    {
        // The same whichever try, or replica, tells of it: the receiver's key for telling duplicates.
        var id = string.Create(CultureInfo.InvariantCulture, $"{row.Id}_{sequence}");
        var now = time.GetUtcNow();
        return new WebhookEvent(id, row.Tenant, EventTypes.Of(row.Phase), () => JsonSerializer.SerializeToUtf8Bytes(Body(row, sequence, now), RouseJson.Default.DeploymentWebhook))
        {
            Url = row.Spec.WebhookUrl?.AbsoluteUri,
            UrlEvents = row.Spec.WebhookEvents ?? EventFilter.Default,
        };
    }

    private DeploymentWebhook Body(DeploymentState row, long sequence, DateTimeOffset now)
    {
        var type = EventTypes.Of(row.Phase);
        var endpoint = views.EndpointUrl(row.Id, row.Phase);
        return new DeploymentWebhook
        {
            Type = type,
            Timestamp = now,
            Sequence = sequence,
            Event = type.Replace('.', '_'),
            DeploymentId = row.Id.Value,
            Status = row.Phase.Word(),
            Attempt = row.Attempt,
            EndpointUrl = endpoint,
            RunpodEndpointId = DeploymentViews.RunpodEndpointId(row),
            ModelId = DeploymentViews.ModelId(row),
            GpuAllocated = row.Offer?.Hardware,
            Error = row.Error?.Message,
            ErrorCode = row.Error?.Code,
            CreatedAt = row.CreatedAt,
            ReadyAt = row.ReadyAt,
            DurationSeconds = Math.Round(((row.Phase == Phase.Ready ? row.ReadyAt : row.EndedAt ?? now) - row.CreatedAt)?.TotalSeconds ?? 0, 3),
            UsageExample = row.Phase == Phase.Ready && endpoint is not null ? new UsageExample("POST", endpoint, s_exampleHeaders, s_exampleBody) : null,
        };
    }
}
