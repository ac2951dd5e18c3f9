using System.ComponentModel.DataAnnotations;

namespace Rouse.Contracts.Deployments;

/// <summary>
/// What speaks HTTP itself and gets requests forwarded, in place of a model with jobs. Exactly one of <see cref="Image"/>, <see cref="PodId"/> and
/// <see cref="Upstream"/>. Absent members take their defaults.
/// </summary>
public sealed record ServiceBody
{
    /// <summary>A container image; a pod is made from it (provider <c>runpod-pods</c>), or an endpoint of Runpod Serverless (<c>runpod</c>).</summary>
    [StringLength(ServiceBounds.MaxImage, MinimumLength = 1)]
    public string? Image { get; init; }

    /// <summary>The Runpod pod of yours that it runs in already (provider <c>attached-pod</c>). It is started and stopped, and never deleted.</summary>
    [RegularExpression(ServiceBounds.ProviderId)]
    [StringLength(ServiceBounds.MaxProviderId, MinimumLength = 1)]
    public string? PodId { get; init; }

    /// <summary>http(s) address of a server that runs already (provider <c>external</c>), without user name, query and fragment. Paths are appended to it.</summary>
    [StringLength(DeploymentBounds.MaxUrl, MinimumLength = 1)]
    public string? Upstream { get; init; }

    /// <summary>The container's arguments, as one string; with <see cref="Image"/> only. Default: the image's own.</summary>
    [StringLength(ServiceBounds.MaxArgs, MinimumLength = 1)]
    public string? Args { get; init; }

    /// <summary>
    /// Variables of the container, 64 at most; with <see cref="Image"/> only. The values are stored encrypted and shown to nobody. <c>PORT</c> is set to
    /// <see cref="Port"/> where you do not name it.
    /// </summary>
    public IReadOnlyDictionary<string, string>? Env { get; init; }

    /// <summary>The port it listens on; default 8000. For <see cref="Upstream"/> the address says it.</summary>
    [Range(1, ServiceBounds.MaxPort)]
    public int? Port { get; init; }

    /// <summary>A path that answers 200 once it can work; default <c>/health</c>.</summary>
    [RegularExpression(ServiceBounds.Path)]
    [StringLength(DeploymentBounds.MaxUrl, MinimumLength = 1)]
    public string? HealthPath { get; init; }

    /// <summary>Requests that one backend works on at a time, 1 to 4096; default 1.</summary>
    [Range(1, ServiceBounds.MaxConcurrency)]
    public int? Concurrency { get; init; }

    /// <summary>Requests held while it wakes or is busy, and queued jobs, 0 to 10000; default 50. One more is answered 429.</summary>
    [Range(0, ServiceBounds.MaxQueue)]
    public int? MaxQueue { get; init; }

    /// <summary>Bytes of the bodies of held requests; default 64 MiB, at most 1 GiB.</summary>
    [Range(0, ServiceBounds.MaxQueueBytes)]
    public long? MaxQueueBytes { get; init; }

    /// <summary>Bytes of one request's body; default 100 MiB, at most 16 GiB.</summary>
    [Range(1, ServiceBounds.MaxBodyBytes)]
    public long? MaxBodyBytes { get; init; }

    /// <summary>How long a request is held while there is no capacity, 1 to 86400 s; default 300.</summary>
    [Range(1, DeploymentBounds.MaxSeconds)]
    public int? WakeTimeoutSeconds { get; init; }

    /// <summary>How long a request is held while all capacity is busy, 1 to 86400 s; default 120.</summary>
    [Range(1, DeploymentBounds.MaxSeconds)]
    public int? BusyTimeoutSeconds { get; init; }

    /// <summary>From a request's last byte to the first of its answer, and between bytes of the answer, 1 to 86400 s; default 600.</summary>
    [Range(1, DeploymentBounds.MaxSeconds)]
    public int? ResponseTimeoutSeconds { get; init; }

    /// <summary>Where a file sent to <c>/api/process</c> goes when its caller names no path; default <c>/api/transcribe</c>.</summary>
    [RegularExpression(ServiceBounds.Path)]
    [StringLength(DeploymentBounds.MaxUrl, MinimumLength = 1)]
    public string? ProcessPath { get; init; }

    /// <summary>Further tries of a queued request after a fault that another try may cure, 0 to 20; default 3.</summary>
    [Range(0, ServiceBounds.MaxRetries)]
    public int? MaxRetries { get; init; }

    /// <summary>Between them, 0 to 3600 s; default 5.</summary>
    [Range(0.0, ServiceBounds.MaxRetryDelaySeconds)]
    public double? RetryDelaySeconds { get; init; }

    /// <summary>GB that a GPU for it must have; with <see cref="Image"/> only. Default 0, any.</summary>
    [Range(0, ServiceBounds.MaxVramGb)]
    public int? VramGb { get; init; }

    /// <summary>The id of a network volume that goes with it from machine to machine; with <see cref="Image"/> only.</summary>
    [RegularExpression(ServiceBounds.ProviderId)]
    [StringLength(ServiceBounds.MaxProviderId, MinimumLength = 1)]
    public string? NetworkVolume { get; init; }

    /// <summary>
    /// What may be done when its machine has no GPU free any more: <c>none</c>, <c>host</c> (the same GPU on another machine) or <c>gpu</c> (another GPU);
    /// each includes those before it. Default <c>host</c>, which is what an endpoint of <c>runpod</c> does by itself; a pod of yours and an address know <c>none</c> only.
    /// </summary>
    [AllowedValues("none", "host", "gpu")]
    public string? Fallback { get; init; }

    /// <summary>Without the values of its variables.</summary>
    public override string ToString() => Image ?? (PodId is null ? Upstream ?? "nothing" : $"pod {PodId}");
}

/// <summary>A deployment's service as it was accepted, complete.</summary>
public sealed record ServiceView
{
    public string? Image { get; init; }

    public string? PodId { get; init; }

    public string? Upstream { get; init; }

    public string? Args { get; init; }

    /// <summary>Names of its variables. Their values are shown to nobody.</summary>
    public required IReadOnlyList<string> EnvNames { get; init; }

    public required int Port { get; init; }

    public required string HealthPath { get; init; }

    public required int Concurrency { get; init; }

    public required int MaxQueue { get; init; }

    public required long MaxQueueBytes { get; init; }

    public required long MaxBodyBytes { get; init; }

    public required double WakeTimeoutSeconds { get; init; }

    public required double BusyTimeoutSeconds { get; init; }

    public required double ResponseTimeoutSeconds { get; init; }

    public required string ProcessPath { get; init; }

    public required int MaxRetries { get; init; }

    public required double RetryDelaySeconds { get; init; }

    public required int VramGb { get; init; }

    public string? NetworkVolume { get; init; }

    /// <summary><c>none</c>, <c>host</c> or <c>gpu</c>.</summary>
    public required string Fallback { get; init; }
}
