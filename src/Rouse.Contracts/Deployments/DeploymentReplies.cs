namespace Rouse.Contracts.Deployments;

/// <summary>Answer of <c>POST /v1/deployments</c> (202).</summary>
public sealed record CreateDeploymentReply
{
    public required string DeploymentId { get; init; }

    public required string Status { get; init; }

    public required string ModelId { get; init; }

    /// <summary>Learned from past starts of this model, then of any model; before the first start a stated prior (see <see cref="EstimateBasis"/>).</summary>
    public required int EstimatedReadySeconds { get; init; }

    public required DateTimeOffset EstimatedReadyAt { get; init; }

    /// <summary><c>model</c>, <c>all_models</c> or <c>prior</c>: what the estimate rests on.</summary>
    public required string EstimateBasis { get; init; }

    public required int PollIntervalSeconds { get; init; }

    public required string StreamUrl { get; init; }

    public string? WebhookUrl { get; init; }

    public string? EndpointUrl { get; init; }

    /// <summary><c>cold</c> or <c>warm</c>.</summary>
    public required string Path { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>A deployment as <c>GET /v1/deployments/{id}</c> shows it.</summary>
public sealed record DeploymentView
{
    public required string DeploymentId { get; init; }

    public string? Name { get; init; }

    public required string Status { get; init; }

    public required string ModelId { get; init; }

    public required string Provider { get; init; }

    /// <summary>What it is for; null for a service.</summary>
    public string? Task { get; init; }

    /// <summary>What its workers run it with; <c>auto</c> until that was chosen, null for a service.</summary>
    public string? Engine { get; init; }

    public string? GpuTier { get; init; }

    /// <summary>The offer the current attempt took, for example <c>cpu</c>.</summary>
    public string? GpuAllocated { get; init; }

    /// <summary>US dollars per hour of one worker of it, as it was ordered; 0 on this machine.</summary>
    public decimal? PricePerHourUsd { get; init; }

    public string? RunpodEndpointId { get; init; }

    public string? BackendId { get; init; }

    public required int Attempt { get; init; }

    /// <summary>Where to send inference: <c>…/v2/{id}/run</c>; null until ready.</summary>
    public string? EndpointUrl { get; init; }

    /// <summary>Where to send a service's requests: <c>…/d/{id}/</c> and a path of its own, whether it is awake or not; null for a model.</summary>
    public string? ServiceUrl { get; init; }

    /// <summary>Null for a model.</summary>
    public ServiceView? Service { get; init; }

    public double? ModelVramGb { get; init; }

    public required IReadOnlyList<LogLine> Logs { get; init; }

    /// <summary><c>shared</c> or <c>private</c>; null where no cache was asked for.</summary>
    public string? CacheScope { get; init; }

    /// <summary>Whether a worker of it has loaded the model from the cache; null before one has tried, and in lists.</summary>
    public bool? LoadedFromCache { get; init; }

    /// <summary>Why it failed, in words; null otherwise.</summary>
    public string? Error { get; init; }

    /// <summary>Why it failed, as a stable code.</summary>
    public string? ErrorCode { get; init; }

    /// <summary>What it waits for, when something is known: capacity, an image, the hub, the provider.</summary>
    public string? WaitingFor { get; init; }

    /// <summary>The same as a stable code, of those in <see cref="ErrorCode"/>.</summary>
    public string? WaitingCode { get; init; }

    /// <summary>Which workers are kept although nothing is asked.</summary>
    public required PoolView Pool { get; init; }

    public required int EstimatedRemainingSeconds { get; init; }

    public required PhaseDurations PhaseDurations { get; init; }

    /// <summary>What the newest start of a worker took, as it measured it; null before one has told, and in lists.</summary>
    public ColdStartView? ColdStart { get; init; }

    public required IReadOnlyList<PhaseStamp> Phases { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? ReadyAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>When listing the provider showed that nothing of an ended deployment is left.</summary>
    public DateTimeOffset? ResourcesReleasedAt { get; init; }
}

/// <param name="Mode"><c>on_demand</c>, <c>always_on</c> or <c>scheduled</c>.</param>
/// <param name="KeptWorkers">Workers kept now.</param>
/// <param name="NextChangeAt">When the schedule begins or ends next; null without one.</param>
/// <param name="Schedule">Hours, days and time zone in words; null without one.</param>
public sealed record PoolView(string Mode, int KeptWorkers, DateTimeOffset? NextChangeAt, string? Schedule);

/// <param name="Phase">The phase's word.</param>
/// <param name="At">When it was entered.</param>
public sealed record PhaseStamp(string Phase, DateTimeOffset At);

/// <summary>A worker's own start in seconds: what its provider took before it began is not in it. A part that it had not is null.</summary>
/// <param name="DownloadingModelS">Until the files were there.</param>
/// <param name="LoadingModelS">Of the engine's load.</param>
/// <param name="WarmingS">Of the first run, before the first job.</param>
/// <param name="TotalS">All of these.</param>
/// <param name="WeightsFrom"><c>folder</c>, <c>volume</c> (an earlier start left them there), <c>host_cache</c>, <c>object_store</c> or <c>hub</c>.</param>
/// <param name="Bytes">That were fetched; 0 where all were there.</param>
public sealed record ColdStartView(double? DownloadingModelS, double? LoadingModelS, double? WarmingS, double TotalS, string? WeightsFrom, long? Bytes);

/// <param name="TotalElapsedSeconds">From accepted to ready or ended, or until now.</param>
/// <param name="Seconds">Seconds spent in each phase left so far.</param>
public sealed record PhaseDurations(double TotalElapsedSeconds, IReadOnlyDictionary<string, double> Seconds);

public sealed record LogLine(DateTimeOffset Timestamp, string Level, string Message);

/// <param name="Total">Deployments that match, over all pages.</param>
/// <param name="NextCursor">Pass as <c>cursor</c> for the next page; null on the last.</param>
public sealed record DeploymentPage(IReadOnlyList<DeploymentView> Deployments, int Total, int Limit, string? NextCursor);
