using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace Rouse.Contracts.Workers;

/// <summary>
/// What a worker tells the control plane: <c>POST /internal/v1/deployments/{id}/attempts/{n}/reports</c>, signed by the Standard Webhooks scheme
/// (<see cref="Webhooks.WebhookSignature"/>) with a secret of that attempt. Reports are deduplicated by their <c>webhook-id</c>, so sending one
/// twice is harmless; they may arrive in any order.
/// </summary>
public sealed record WorkerReport
{
    /// <summary>What every reader of JSON holds exactly: 2^53 − 1.</summary>
    public const long MaxCount = 9_007_199_254_740_991;

    public required string WorkerId { get; init; }

    /// <summary>Which life of the worker: one that is started again in place has the same id, and counts anew. Null where there is but one.</summary>
    public string? Run { get; init; }

    /// <summary>1 for the first report of a <see cref="Run"/>, then one more each time. An older phase or progress never undoes a newer one.</summary>
    [Range(1, MaxCount)]
    public required long Sequence { get; init; }

    /// <summary><c>downloading_model</c>, <c>loading_model</c>, <c>warming</c>, <c>ready</c> or <c>failed</c>; null when the phase did not change.</summary>
    public string? Phase { get; init; }

    /// <summary>With phase <c>failed</c>: one of the failure codes, and a sentence that says what to do next.</summary>
    public string? FailureCode { get; init; }

    public string? FailureMessage { get; init; }

    /// <summary>
    /// <c>idle_timeout</c>: the worker has had nothing to do for long and asks to be put away. It goes on asking for jobs, and runs what it is given,
    /// until it is stopped.
    /// </summary>
    public string? Cleanup { get; init; }

    /// <summary>Lines since the report before; may be left out.</summary>
    public IReadOnlyList<WorkerLogLine>? Logs { get; init; }

    public WorkerProgress? Progress { get; init; }

    /// <summary>Once for a start, where there is a cache to load from: what came of it.</summary>
    public WorkerCacheUse? Cache { get; init; }

    /// <summary>With phase <c>ready</c>: how long the parts of the start took.</summary>
    public WorkerPhaseTimes? PhaseTimes { get; init; }
}

public sealed record WorkerLogLine(
    [property: JsonRequired] DateTimeOffset Timestamp, [property: JsonRequired] string Level, [property: JsonRequired] string Message);

/// <inheritdoc cref="Deployments.ProgressEvent"/>
public sealed record WorkerProgress([property: JsonRequired] string Stage, [property: JsonRequired, Range(0, WorkerReport.MaxCount)] long Done, [property: Range(0, WorkerReport.MaxCount)] long? Total, [property: JsonRequired] string Unit);

/// <summary>The environment a Rouse worker reads, besides Runpod's own variables (<see cref="RunpodVariables"/>).</summary>
public static class WorkerVariables
{
    public const string DeploymentId = "ROUSE_DEPLOYMENT_ID";
    public const string Attempt = "ROUSE_ATTEMPT";

    /// <summary>Base URL of the control plane's worker routes.</summary>
    public const string ControlUrl = "ROUSE_CONTROL_URL";

    /// <summary>
    /// Signs this attempt's reports (<c>whsec_…</c>). Never sent anywhere, and not derivable from <see cref="AttemptToken"/>, which travels.
    /// </summary>
    public const string CallbackSecret = "ROUSE_CALLBACK_SECRET";

    /// <summary>The job plane's key, where the platform gives none: opens the worker's routes for this attempt, and signs nothing.</summary>
    public const string AttemptToken = "ROUSE_ATTEMPT_TOKEN";

    /// <summary>Hub repository with optional <c>@revision</c>; empty when <see cref="ModelPath"/> is given.</summary>
    public const string ModelId = "HF_MODEL_ID";
    public const string ModelPath = "ROUSE_MODEL_PATH";

    /// <summary>Root of the weights cache, laid out like the hub's own (<c>hub/models--org--name/…</c>).</summary>
    public const string ModelCache = "ROUSE_MODEL_CACHE";
    /// <summary>
    /// <c>1</c>: the model may lie in an object store; ask the control plane (<see cref="WorkerCacheReply"/>) before the hub. Never set where there is no cache.
    /// </summary>
    public const string ObjectCache = "ROUSE_OBJECT_CACHE";
    public const string HubEndpoint = "HF_ENDPOINT";
    public const string HubToken = "HF_TOKEN";

    /// <summary><c>0</c> where the provider captures stdout itself, so that no line is told twice.</summary>
    public const string LogTunnel = "ROUSE_LOG_TUNNEL";

    /// <summary>Seconds without any answer from the servers it talks to after which a worker ends itself: 5 to 86400, default 900.</summary>
    public const string SilenceLimit = "ROUSE_SILENCE_LIMIT";

    /// <summary>
    /// Seconds without a job after which a worker asks to be put away, 60 to 7200; 0, the default: never, because something else scales it down (the
    /// endpoint's scaler, the pool) or it is to be kept.
    /// </summary>
    public const string CleanupIdleTimeout = "CLEANUP_IDLE_TIMEOUT_SECONDS";

    /// <summary>Jobs the engine fails in a row until the worker counts its machine as broken, 1 to 10, default 3.</summary>
    public const string CleanupFailureThreshold = "CLEANUP_FAILURE_THRESHOLD";

    /// <summary>
    /// <c>1</c> where nobody replaces a worker that ends (a pod starts its container again, on the same machine): a broken machine is reported as
    /// <c>failed</c>, so that the spending stops.
    /// </summary>
    public const string SoleWorker = "ROUSE_SOLE_WORKER";

    /// <summary>The trace that the worker's start belongs to (W3C Trace Context); absent where nobody traces.</summary>
    public const string TraceParent = "TRACEPARENT";

    /// <summary>Marks a local worker process as one of this installation's, so that the next start of the server finds it.</summary>
    public const string Owner = "ROUSE_OWNER";

    /// <summary>Which engine runs the model; <c>onnx</c> when absent. The worker's <c>--help</c> lists them with the variables of each.</summary>
    public const string Engine = "ROUSE_ENGINE";

    /// <summary>What the deployment is for: <c>text2img</c>, <c>image2img</c>, <c>text2video</c>, <c>text2speech</c> or <c>speech2text</c>.</summary>
    public const string Task = "ROUSE_TASK";
    public const string Threads = "ROUSE_THREADS";
    public const string OnnxRuntime = "ROUSE_ONNXRUNTIME";
}

/// <summary>Runpod's worker variables, as runpod-python 1.12.0 reads them.</summary>
public static class RunpodVariables
{
    public const string GetJob = "RUNPOD_WEBHOOK_GET_JOB";
    public const string PostOutput = "RUNPOD_WEBHOOK_POST_OUTPUT";
    public const string PostStream = "RUNPOD_WEBHOOK_POST_STREAM";
    public const string Ping = "RUNPOD_WEBHOOK_PING";
    public const string PingInterval = "RUNPOD_PING_INTERVAL";
    public const string ApiKey = "RUNPOD_AI_API_KEY";
    public const string PodId = "RUNPOD_POD_ID";
    public const string EndpointId = "RUNPOD_ENDPOINT_ID";
    public const string SkipSystemChecks = "RUNPOD_SKIP_AUTO_SYSTEM_CHECKS";
}
