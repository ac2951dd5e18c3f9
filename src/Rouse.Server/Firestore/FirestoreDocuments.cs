using System.Globalization;
using Rouse.Core.Deployments;
using Rouse.Server.Features.Deployments;
using Rouse.Store.Events;

namespace Rouse.Server.Firestore;

/// <summary>From rows and log lines to documents with the fields that the seed's service wrote, so that what reads them there goes on working.</summary>
internal sealed class FirestoreDocuments(FirestoreHostOptions options, DeploymentViews views)
{
    public DocumentWrite Deployment(DeploymentState row) => Put($"{options.Deployments}/{row.Id}", new Dictionary<string, FirestoreValue>(StringComparer.Ordinal)
    {
        ["deployment_id"] = FirestoreValue.Of(row.Id.Value),
        ["status"] = FirestoreValue.Of(row.Phase.Word()),
        ["hf_model_id"] = FirestoreValue.Of(DeploymentViews.ModelId(row)),
        ["provider"] = FirestoreValue.Of(row.Spec.Provider),
        ["gpu_tier"] = FirestoreValue.Of(row.Spec.GpuTier),
        ["region"] = FirestoreValue.Of(row.Spec.Region),
        // Without its query, where receivers keep their secrets.
        ["user_webhook_url"] = FirestoreValue.Of(row.Spec.WebhookUrl?.GetLeftPart(UriPartial.Path)),
        ["runpod_endpoint_id"] = FirestoreValue.Of(DeploymentViews.RunpodEndpointId(row)),
        ["endpoint_name"] = FirestoreValue.Of(row.Spec.Name),
        ["endpoint_url"] = FirestoreValue.Of(views.EndpointUrl(row.Id, row.Phase)),
        ["gpu_allocated"] = FirestoreValue.Of(row.Backend is null ? null : row.Offer?.Hardware),
        ["model_vram_gb"] = FirestoreValue.Of((long?)row.VramGb),
        ["error"] = FirestoreValue.Of(row.Error?.Message),
        ["user_hash"] = FirestoreValue.Of(row.Tenant.Value),
        ["created_at"] = FirestoreValue.Of((DateTimeOffset?)row.CreatedAt),
        ["ready_at"] = FirestoreValue.Of(row.ReadyAt),
    });

    /// <summary>The event's number is in the name: writing it again changes nothing.</summary>
    public DocumentWrite Log(DeploymentId id, long seq, LogEntry line) =>
        Put(string.Create(CultureInfo.InvariantCulture, $"{options.Logs}/{id}_{seq:D12}"), new Dictionary<string, FirestoreValue>(StringComparer.Ordinal)
        {
            ["deployment_id"] = FirestoreValue.Of(id.Value),
            ["timestamp"] = FirestoreValue.Of((DateTimeOffset?)line.Timestamp),
            ["level"] = FirestoreValue.Of(line.Level.ToUpperInvariant()),
            ["message"] = FirestoreValue.Of(line.Message),
        });

    private DocumentWrite Put(string path, Dictionary<string, FirestoreValue> fields) => new(new FirestoreDocument($"{options.Root}/{path}", fields));
}
