using Rouse.Core.Models;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;

namespace Rouse.Core.Deployments;

/// <summary>The row as a reconcile pass reads it.</summary>
public sealed record DeploymentState
{
    public required TenantId Tenant { get; init; }

    public required DeploymentId Id { get; init; }

    public required DeploymentSpec Spec { get; init; }

    public Phase Phase { get; init; }

    /// <summary>0 before the first attempt. Only ever raised, by compare-and-set.</summary>
    public int Attempt { get; init; }

    /// <summary>
    /// When <see cref="Attempt"/> was begun; in a pass, when its process first saw the attempt with this <see cref="Outcome"/>. What must be waited for
    /// counts from here.
    /// </summary>
    public DateTimeOffset? AttemptAt { get; init; }

    public AttemptOutcome Outcome { get; init; }

    /// <summary>Why the current attempt was refused; set with <see cref="AttemptOutcome.Refused"/>.</summary>
    public FailureCause? Refusal { get; init; }

    public Offer? Offer { get; init; }

    /// <summary>What serves it. Another deployment may have created it, and others may use it too (<see cref="DeploymentSpec.Reuse"/>).</summary>
    public BackendId? Backend { get; init; }

    /// <summary>Keys of the offers asked in this round of trying (<see cref="Offer.Key"/>); all asked, the next round begins.</summary>
    public IReadOnlyList<string> Tried { get; init; } = [];

    /// <summary>What it waits for, while it is not ready and something is known.</summary>
    public FailureCause? Waiting { get; init; }

    /// <summary>GPU memory the model needs, in GB; null until it was looked at.</summary>
    public int? VramGb { get; init; }

    /// <summary>What its workers run it with; null until that was chosen, of a service, and of what was deployed before there was a choice.</summary>
    public WorkerEngine? Engine { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When a start that is not ready ends as failed.</summary>
    public DateTimeOffset Deadline { get; init; }

    public DateTimeOffset? ReadyAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>When listing showed that nothing of an ended deployment is left at the provider.</summary>
    public DateTimeOffset? ReleasedAt { get; init; }

    public FailureCause? Error { get; init; }

    /// <summary>
    /// While hibernated: when its stop was begun, so that it may be stopped at any moment. Written before the provider is asked. Null before, and when a wake
    /// was begun since.
    /// </summary>
    public DateTimeOffset? StopAt { get; init; }

    /// <summary>When the wake that goes on was begun, on whatever machine it ends; null when none goes on.</summary>
    public DateTimeOffset? WakeAt { get; init; }

    /// <summary>Wakes begun in its life: with the backend's id it names what is behind an address at a time.</summary>
    public int Wakes { get; init; }

    /// <summary>The hardware that it was moved off because its machine had none free; null once it is ready again.</summary>
    public string? StayWith { get; init; }

    /// <summary>The trace of the request that made it (W3C); null where nobody traced.</summary>
    public string? TraceParent { get; init; }
}

public enum AttemptOutcome
{
    None,

    /// <summary>Begun; a create may have happened, or may still happen.</summary>
    Pending,

    /// <summary>The backend's id is in the row.</summary>
    Created,

    /// <summary>The provider said no, or what it created could not be used in time and was given up: nothing of it is to be kept.</summary>
    Refused,

    /// <summary>The backend was there and is gone (listed absent after the settle time).</summary>
    Lost,
}

/// <summary>Why something failed or waits: a stable code, and a sentence that says what to do next.</summary>
/// <param name="Code">Lower-case words joined by <c>_</c>; one of <see cref="FailureCodes"/>.</param>
public sealed record FailureCause(string Code, string Message);

/// <summary>The closed set of codes a failed or waiting deployment shows.</summary>
public static class FailureCodes
{
    public const string NoCapacity = "no_capacity";
    public const string Quota = "quota";
    public const string Balance = "balance";
    public const string Unauthorized = "provider_unauthorized";
    public const string Rejected = "provider_rejected";
    public const string RateLimited = "provider_rate_limited";
    public const string ProviderUnavailable = "provider_unavailable";
    public const string StartTimeout = "start_timeout";
    public const string CrashLoop = "crash_loop";
    public const string BackendLost = "backend_lost";
    public const string WorkerMissing = "worker_missing";
    public const string GpuTierUnmet = "gpu_tier_unmet";
    public const string ModelTooLarge = "model_too_large";
    public const string ImagePull = "image_pull";
    public const string WorkerUnhealthy = "worker_unhealthy";
    public const string EnvironmentDropped = "environment_dropped";

    /// <summary>Not a failure: hibernated, and on its way back.</summary>
    public const string Waking = "waking";

    public const string ModelNotFound = "model_not_found";
    public const string ModelGated = "model_gated";
    public const string ModelUnusable = "model_unusable";
    public const string HubUnavailable = "hub_unavailable";
    public const string ChecksumMismatch = "checksum_mismatch";
    public const string DiskFull = "disk_full";
    public const string OutOfMemory = "out_of_memory";
    public const string EngineFailed = "engine_failed";

    public static IReadOnlySet<string> All { get; } = new HashSet<string>(StringComparer.Ordinal)
    {
        NoCapacity, Quota, Balance, Unauthorized, Rejected, RateLimited, ProviderUnavailable, StartTimeout, CrashLoop, BackendLost, WorkerMissing,
        GpuTierUnmet, ModelTooLarge, ImagePull, WorkerUnhealthy, EnvironmentDropped, Waking,
        ModelNotFound, ModelGated, ModelUnusable, HubUnavailable, ChecksumMismatch, DiskFull, OutOfMemory, EngineFailed,
    };
}
