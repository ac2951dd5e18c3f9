using System.Text.Json;
using System.Text.Json.Serialization;
using Rouse.Contracts.Catalog;
using Rouse.Contracts.Costs;
using Rouse.Contracts.Deployments;
using Rouse.Contracts.Doors;
using Rouse.Contracts.Jobs;
using Rouse.Contracts.Tenants;
using Rouse.Contracts.Webhooks;
using Rouse.Contracts.Workers;

namespace Rouse.Contracts;

/// <summary>JSON of <c>/v1</c> and of worker reports: snake_case, strict on input, nulls left out.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    PropertyNameCaseInsensitive = false,
    NumberHandling = JsonNumberHandling.Strict,
    RespectNullableAnnotations = true,
    AllowDuplicateProperties = false)]
[JsonSerializable(typeof(CreateDeploymentRequest))]
[JsonSerializable(typeof(CreateDeploymentReply))]
[JsonSerializable(typeof(DeploymentView))]
[JsonSerializable(typeof(DeploymentPage))]
[JsonSerializable(typeof(DeploymentCost))]
[JsonSerializable(typeof(DeploymentUsage))]
[JsonSerializable(typeof(StatusEvent))]
[JsonSerializable(typeof(LogEvent))]
[JsonSerializable(typeof(DoneEvent))]
[JsonSerializable(typeof(ProgressEvent))]
[JsonSerializable(typeof(DeploymentWebhook))]
[JsonSerializable(typeof(CreateWebhookRequest))]
[JsonSerializable(typeof(UpdateWebhookRequest))]
[JsonSerializable(typeof(WebhookView))]
[JsonSerializable(typeof(WebhookPage))]
[JsonSerializable(typeof(WebhookSecretReply))]
[JsonSerializable(typeof(WebhookDeliveryPage))]
[JsonSerializable(typeof(WebhookQueuedReply))]
[JsonSerializable(typeof(WebhookTest))]
[JsonSerializable(typeof(WorkerReport))]
[JsonSerializable(typeof(CacheList))]
[JsonSerializable(typeof(CacheFillRequest))]
[JsonSerializable(typeof(CacheEntryView))]
[JsonSerializable(typeof(CacheRemovalReply))]
[JsonSerializable(typeof(WorkerCacheRequest))]
[JsonSerializable(typeof(WorkerCacheReply))]
[JsonSerializable(typeof(WorkerOutputRequest))]
[JsonSerializable(typeof(WorkerOutputReply))]
[JsonSerializable(typeof(DoctorReport))]
[JsonSerializable(typeof(CleanupRequest))]
[JsonSerializable(typeof(CleanupReport))]
[JsonSerializable(typeof(RotationReply))]
[JsonSerializable(typeof(GpuList))]
[JsonSerializable(typeof(ModelSearchReply))]
[JsonSerializable(typeof(ValidateKeyRequest))]
[JsonSerializable(typeof(ValidateKeyReply))]
[JsonSerializable(typeof(PlanReply))]
[JsonSerializable(typeof(CreateKeyRequest))]
[JsonSerializable(typeof(AddRunpodKeyRequest))]
[JsonSerializable(typeof(KeyView))]
[JsonSerializable(typeof(CreatedKey))]
[JsonSerializable(typeof(KeyList))]
[JsonSerializable(typeof(TenantPage))]
[JsonSerializable(typeof(TenantState))]
[JsonSerializable(typeof(TenantRemoval))]
[JsonSerializable(typeof(StatusReply))]
[JsonSerializable(typeof(ServiceReply))]
[JsonSerializable(typeof(CounterReply))]
[JsonSerializable(typeof(QueuedReply))]
[JsonSerializable(typeof(QueuedRequestView))]
[JsonSerializable(typeof(PodStatusReply))]
public sealed partial class RouseJson : JsonSerializerContext;

/// <summary>JSON of the job plane: camelCase, as Runpod's; unknown members are passed over, as Runpod passes them over.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    PropertyNameCaseInsensitive = false,
    NumberHandling = JsonNumberHandling.Strict)]
[JsonSerializable(typeof(RunRequest))]
[JsonSerializable(typeof(IReadOnlyList<WorkerJob>))]
[JsonSerializable(typeof(JobsToStop))]
[JsonSerializable(typeof(Noted))]
[JsonSerializable(typeof(JobView))]
[JsonSerializable(typeof(StreamReply))]
[JsonSerializable(typeof(PurgeReply))]
[JsonSerializable(typeof(EndpointHealth))]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(ImagesRequest))]
[JsonSerializable(typeof(ImagesReply))]
[JsonSerializable(typeof(ModelList))]
[JsonSerializable(typeof(DiffusionRequest))]
[JsonSerializable(typeof(DiffusionReply))]
[JsonSerializable(typeof(IReadOnlyList<DiffusionModel>))]
public sealed partial class JobJson : JsonSerializerContext;
