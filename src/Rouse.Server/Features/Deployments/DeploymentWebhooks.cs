using System.Globalization;
using System.Text.Json;
using Rouse.Contracts;
using Rouse.Contracts.Deployments;
using Rouse.Core.Deployments;
using Rouse.Store.Jobs;

namespace Rouse.Server.Features.Deployments;

/// <summary>Composes the webhook of a deployment that became ready or failed. Queued with the state itself, sent by the delivery loop.</summary>
internal sealed class DeploymentWebhooks(DeploymentViews views)
{
    public NewDelivery? For(DeploymentState row)
    {
        if (row.Spec.WebhookUrl is not { } url || row.Phase is not (Phase.Ready or Phase.Failed)) return null;
        var word = row.Phase.Word();
        var body = new DeploymentWebhook
        {
            Event = "deployment_" + word,
            DeploymentId = row.Id.Value,
            Status = word,
            EndpointUrl = views.EndpointUrl(row.Id, row.Phase),
            RunpodEndpointId = DeploymentViews.RunpodEndpointId(row),
            ModelId = DeploymentViews.ModelId(row),
            GpuAllocated = row.Offer?.Hardware,
            Error = row.Error?.Message,
            ErrorCode = row.Error?.Code,
            CreatedAt = row.CreatedAt,
            ReadyAt = row.ReadyAt,
            DurationSeconds = Math.Round(((row.Phase == Phase.Ready ? row.ReadyAt : row.EndedAt) - row.CreatedAt)?.TotalSeconds ?? 0, 3),
        };
        // The id is the same whichever try, or replica, tells of it: the receiver's key for telling duplicates.
        var id = string.Create(CultureInfo.InvariantCulture, $"{row.Id}.{row.Attempt}.{word}");
        return new NewDelivery(id, row.Tenant, DeliveryKinds.Deployment, url.ToString(), JsonSerializer.SerializeToUtf8Bytes(body, RouseJson.Default.DeploymentWebhook));
    }
}
