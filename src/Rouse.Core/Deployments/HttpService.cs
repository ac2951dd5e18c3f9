namespace Rouse.Core.Deployments;

/// <summary>
/// What makes a deployment one that speaks HTTP itself: requests are forwarded to it, in place of jobs that its workers ask for. Exactly one of
/// <see cref="Image"/>, <see cref="PodId"/> and <see cref="Upstream"/> is set.
/// </summary>
public sealed record HttpService
{
    /// <summary>The seed's, per pod.</summary>
    public const int DefaultMaxQueue = 50;

    /// <summary>The seed's idle time of a pod: half an hour.</summary>
    public static readonly TimeSpan DefaultIdleTimeout = TimeSpan.FromSeconds(1800);

    /// <summary>A container image that a provider runs for it, in a pod or behind the load balancer of an endpoint.</summary>
    public string? Image { get; init; }

    /// <summary>The container's arguments, one string; null for the image's own.</summary>
    public string? Args { get; init; }

    /// <summary>Names of the variables its container gets, separated by blanks; null for none. Their values lie in the vault.</summary>
    public string? Variables { get; init; }

    /// <summary>A pod of the tenant's that exists already. It is started and stopped, and never deleted.</summary>
    public string? PodId { get; init; }

    /// <summary>A server that runs already, and is nobody's to start or stop. Without a query or a password.</summary>
    public Uri? Upstream { get; init; }

    /// <summary>The port it listens on, where the provider makes an address out of it.</summary>
    public int Port { get; init; } = 8000;

    /// <summary>Answers 200 once it can work; 204, or <c>installing</c>, while it warms up.</summary>
    public string HealthPath { get; init; } = "/health";

    /// <summary>Requests that one backend works on at a time. 1: diffusion models gain nothing from more.</summary>
    public int Concurrency { get; init; } = 1;

    /// <summary>Held requests at most, and queued jobs at most. One more is refused.</summary>
    public int MaxQueue { get; init; } = DefaultMaxQueue;

    /// <summary>Bytes of the bodies of held requests, as far as they are known.</summary>
    public long MaxQueueBytes { get; init; } = 64L * 1024 * 1024;

    /// <summary>Bytes of one request's body.</summary>
    public long MaxBodyBytes { get; init; } = 100L * 1024 * 1024;

    /// <summary>The longest that a request is held while there is no capacity. The seed's: 5 min.</summary>
    public TimeSpan WakeTimeout { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>The longest that a request is held while there is capacity and all of it is busy.</summary>
    public TimeSpan BusyTimeout { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>From a request's last byte in to the first of its answer, and between bytes of the answer.</summary>
    public TimeSpan ResponseTimeout { get; init; } = TimeSpan.FromSeconds(600);

    /// <summary>Where a file of <c>/api/process</c> goes when the caller names no path.</summary>
    public string ProcessPath { get; init; } = "/api/transcribe";

    /// <summary>Further tries of a queued request after a fault that another try may cure. The seed's.</summary>
    public int MaxRetries { get; init; } = 3;

    /// <summary>Between them. The seed's.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>GB that a GPU for it must have; 0 for any.</summary>
    public int VramGb { get; init; }

    /// <summary>The provider's id of a volume that goes with it from host to host; null for none.</summary>
    public string? NetworkVolume { get; init; }

    /// <summary>What may be done when its machine has no GPU free any more.</summary>
    public WakeFallback Fallback { get; init; } = WakeFallback.Host;
}

/// <summary>How far a wake may go. Each includes those before it.</summary>
public enum WakeFallback
{
    /// <summary>Wait until its own machine has a GPU.</summary>
    None,

    /// <summary>The same GPU on another machine.</summary>
    Host,

    /// <summary>Another GPU of its tier, or of any where <see cref="DeploymentSpec.AllowGpuFallback"/> says so.</summary>
    Gpu,
}
