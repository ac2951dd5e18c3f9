using System.ComponentModel.DataAnnotations;

namespace Rouse.Contracts.Deployments;

/// <summary>Body of <c>POST /v1/deployments</c>. Unknown members are refused.</summary>
public sealed record CreateDeploymentRequest
{
    /// <summary>Hub repository, <c>org/name</c> or <c>org/name@revision</c>, at most 256 characters. Exactly one of this, <see cref="ModelPath"/> and <see cref="Service"/>.</summary>
    [StringLength(DeploymentBounds.MaxModelId, MinimumLength = 1)]
    public string? HfModelId { get; init; }

    /// <summary>Absolute path of a model folder on the server's machine. Only where the server allows it (on by default when it listens on loopback).</summary>
    [StringLength(DeploymentBounds.MaxPath, MinimumLength = 2)]
    public string? ModelPath { get; init; }

    /// <summary>For what speaks HTTP itself: requests to <c>/d/{deployment}/…</c> are forwarded to it.</summary>
    public ServiceBody? Service { get; init; }

    /// <summary>A word of your choice, 1 to 63 of a-z, 0-9 and -.</summary>
    [RegularExpression(DeploymentBounds.Name)]
    public string? Name { get; init; }

    /// <summary>
    /// Which provider runs it: <c>local</c>, <c>runpod</c> (Serverless) or <c>runpod-pods</c>. Default: what the server is set up for, and <c>local</c> for a
    /// folder. A service says it by what it names: an image runs on <c>runpod-pods</c>, or on <c>runpod</c> where you say so; a pod is an <c>attached-pod</c>, an address is <c>external</c>.
    /// </summary>
    [AllowedValues("local", "runpod", "runpod-pods", "attached-pod", "external")]
    public string? Provider { get; init; }

    /// <summary>Key of the Runpod account to use, in place of the server's own. Stored encrypted, and kept as long as anything may run on it.</summary>
    [RegularExpression(DeploymentBounds.Token)]
    [StringLength(DeploymentBounds.MaxToken, MinimumLength = 1)]
    public string? UserRunpodKey { get; init; }

    /// <summary>A tier (ECONOMY, STANDARD, PRO, ULTIMATE), a GPU (A10, L40S, H100, …) or a pool (ADA_24, …).</summary>
    [StringLength(DeploymentBounds.MaxWord, MinimumLength = 1)]
    public string? GpuTier { get; init; }

    /// <summary>Whether a GPU outside <see cref="GpuTier"/> may be taken when the tier has none. Default false.</summary>
    public bool? AllowGpuFallback { get; init; }

    /// <summary>Data centre (<c>EU-RO-1</c>) or a part of the world (<c>EU</c>, <c>US</c>, …); the local provider has none.</summary>
    [StringLength(DeploymentBounds.MaxWord, MinimumLength = 1)]
    public string? Region { get; init; }

    /// <summary>Whether a ready backend of an equal deployment of yours may serve this one too, where the provider can share. Default true.</summary>
    public bool? Reuse { get; init; }

    /// <summary><c>restore</c> (default) or <c>adopt</c>: what to do when somebody changes the backend at the provider's console.</summary>
    [AllowedValues("restore", "adopt")]
    public string? Drift { get; init; }

    /// <summary>
    /// <c>text2img</c> (default), <c>image2img</c>, <c>text2video</c>, <c>text2speech</c> or <c>speech2text</c>, as far as the engines of the server's workers
    /// serve it. <c>text_to_image</c> and its like, and the hub's <c>text-to-image</c> and its like, are taken for the same.
    /// </summary>
    [AllowedValues(
        "text2img", "image2img", "text2video", "text2speech", "speech2text", "text_to_image", "image_to_image", "text_to_video", "text_to_speech", "speech_to_text",
        "text-to-image", "image-to-image", "text-to-video", "text-to-speech", "automatic-speech-recognition")]
    public string? Task { get; init; }

    /// <summary>
    /// What its workers run it with: <c>onnx</c>, <c>diffusers</c>, <c>a1111</c> or <c>process</c>, as far as the server's operator offers it. <c>auto</c>
    /// (default) chooses by what the repository has: an ONNX export, the diffusers layout, one checkpoint.
    /// </summary>
    [AllowedValues("auto", "onnx", "diffusers", "a1111", "process")]
    public string? Engine { get; init; }

    /// <summary>
    /// <c>off</c> (default), <c>shared</c> (the operator's store, for models on its list) or <c>private</c> (a store of yours): whether workers load the
    /// model's files from there, and the server copies them there once.
    /// </summary>
    [AllowedValues("off", "shared", "private")]
    public string? CacheScope { get; init; }

    /// <summary><c>s3://bucket/prefix</c> of your store; this and the next four with cache_scope <c>private</c> only.</summary>
    [RegularExpression("^s3://")]
    [StringLength(DeploymentBounds.MaxUrl, MinimumLength = 8)]
    public string? UserS3Url { get; init; }

    /// <summary>Its keys: stored encrypted and used by the server alone. Workers get addresses that allow reading for a short time.</summary>
    [RegularExpression(DeploymentBounds.Token)]
    [StringLength(DeploymentBounds.MaxToken, MinimumLength = 1)]
    public string? UserAwsAccessKeyId { get; init; }

    [RegularExpression(DeploymentBounds.Token)]
    [StringLength(DeploymentBounds.MaxToken, MinimumLength = 1)]
    public string? UserAwsSecretAccessKey { get; init; }

    /// <summary>http(s) address of the store's S3 interface; left out for Amazon's.</summary>
    [StringLength(DeploymentBounds.MaxUrl, MinimumLength = 8)]
    public string? UserAwsEndpointUrl { get; init; }

    /// <summary>Default <c>us-east-1</c>.</summary>
    [RegularExpression("^[a-z0-9-]{1,32}$")]
    public string? UserAwsRegion { get; init; }

    /// <summary>Token for gated models. Stored encrypted, shown to nobody, given to this deployment's workers only.</summary>
    [RegularExpression(DeploymentBounds.Token)]
    [StringLength(DeploymentBounds.MaxToken, MinimumLength = 1)]
    public string? HfToken { get; init; }

    /// <summary>http(s) URL that is told when the deployment is ready, has failed or is deleted. Signed; <c>GET /v1/webhooks</c> lists its endpoint.</summary>
    [StringLength(DeploymentBounds.MaxUrl, MinimumLength = 1)]
    public string? UserWebhookUrl { get; init; }

    /// <summary>
    /// What <see cref="UserWebhookUrl"/> is told instead: <c>deployment.ready</c>, <c>deployment.failed</c>, <c>deployment.deleted</c>,
    /// <c>deployment.phase_changed</c> or <c>deployment.*</c>.
    /// </summary>
    public IReadOnlyList<string>? UserWebhookEvents { get; init; }

    public WorkerScalingBody? Workers { get; init; }

    /// <summary>Without its keys and tokens.</summary>
    public override string ToString() => $"a deployment of {HfModelId ?? ModelPath ?? Service?.ToString()}";
}

/// <summary>How many workers, and when one more or one fewer. Absent members take their defaults.</summary>
public sealed record WorkerScalingBody
{
    /// <summary>0 to max; default 0.</summary>
    [Range(0, DeploymentBounds.MaxWorkers)]
    public int? Min { get; init; }

    /// <summary>1 to 64; default 1.</summary>
    [Range(1, DeploymentBounds.MaxWorkers)]
    public int? Max { get; init; }

    /// <summary>1 to 86400 s; default 300, and 1800 for a service.</summary>
    [Range(1, DeploymentBounds.MaxSeconds)]
    public int? IdleTimeoutSeconds { get; init; }

    /// <summary>1 to 86400 s from accepted to ready; default 1800.</summary>
    [Range(1, DeploymentBounds.MaxSeconds)]
    public int? StartTimeoutSeconds { get; init; }

    /// <summary><c>QUEUE_DELAY</c> (default) or <c>REQUEST_COUNT</c>.</summary>
    [AllowedValues("QUEUE_DELAY", "REQUEST_COUNT")]
    public string? ScalerType { get; init; }

    /// <summary>Seconds of queue delay (at least 0.5) or jobs per worker (at least 1); default 4.</summary>
    [Range(DeploymentBounds.MinScalerValue, DeploymentBounds.MaxScalerValue)]
    public double? ScalerValue { get; init; }

    /// <summary>
    /// <c>on_demand</c> (workers come when asked for), <c>always_on</c> (at least one is kept) or <c>scheduled</c> (at least one is kept within
    /// <see cref="Schedule"/>). Default: on_demand, or what the server's operator set for the model.
    /// </summary>
    [AllowedValues("on_demand", "always_on", "scheduled")]
    public string? Pool { get; init; }

    /// <summary>With <c>scheduled</c> only.</summary>
    public WarmScheduleBody? Schedule { get; init; }
}

/// <summary>When workers are kept although nothing is asked. Absent members take their defaults.</summary>
public sealed record WarmScheduleBody
{
    /// <summary>Both ends, <c>09-21</c> or <c>08:30-18:00</c>; <c>22-06</c> lasts over midnight, <c>00-24</c> all day. Default 09-21.</summary>
    [StringLength(DeploymentBounds.MaxWord, MinimumLength = 1)]
    public string? Hours { get; init; }

    /// <summary>IANA name, such as <c>Europe/Istanbul</c>. Default UTC.</summary>
    [StringLength(DeploymentBounds.MaxWord, MinimumLength = 1)]
    public string? TimeZone { get; init; }

    /// <summary>The days it begins on: <c>daily</c>, <c>mon-fri</c>, <c>sat,sun</c>. Default daily.</summary>
    [StringLength(DeploymentBounds.MaxWord, MinimumLength = 1)]
    public string? Days { get; init; }

    /// <summary>Workers kept, 1 to max; default 1.</summary>
    [Range(1, DeploymentBounds.MaxWorkers)]
    public int? Workers { get; init; }
}
