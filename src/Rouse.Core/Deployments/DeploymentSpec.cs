using Rouse.Core.Caching;
using Rouse.Core.Models;
using Rouse.Core.Webhooks;

namespace Rouse.Core.Deployments;

/// <summary>What the user wants, parsed and complete. Immutable; secrets are not part of it, they lie in the vault.</summary>
public sealed record DeploymentSpec
{
    public required ModelRef Model { get; init; }

    /// <summary>A word of the user's choice, 1 to 63 of <c>a-z 0-9 -</c>; null when none was given.</summary>
    public string? Name { get; init; }

    /// <summary>The provider that runs it: <c>local</c>, <c>runpod</c> (Serverless) or <c>runpod-pods</c>.</summary>
    public string Provider { get; init; } = "local";

    /// <summary>The account at the provider, by a name that does not tell its key; null where there is none, or for the server's own.</summary>
    public string? Account { get; init; }

    /// <summary>Whether GPUs outside <see cref="GpuTier"/> may be taken when the tier has none in stock. Never without being asked: it changes the price.</summary>
    public bool AllowGpuFallback { get; init; }

    /// <summary>Whether a ready backend of an equal deployment of the same tenant may serve this one too.</summary>
    public bool Reuse { get; init; } = true;

    public DriftPolicy Drift { get; init; } = DriftPolicy.Restore;

    /// <summary>A tier or GPU alias of <see cref="Hardware.GpuTiers"/>, or null for any.</summary>
    public string? GpuTier { get; init; }

    public string? Region { get; init; }

    /// <summary>What its workers are to run it with; null leaves that to what the model has and the workers offer.</summary>
    public WorkerEngine? Engine { get; init; }

    public ModelTask Task { get; init; } = ModelTask.TextToImage;

    public CacheScope Cache { get; init; } = CacheScope.Off;

    /// <summary>The tenant's own store, with <see cref="CacheScope.Private"/> only. Its keys lie in the vault.</summary>
    public S3Location? CacheStore { get; init; }

    public Uri? WebhookUrl { get; init; }

    /// <summary>What <see cref="WebhookUrl"/> is told of; null for <see cref="EventFilter.Default"/>.</summary>
    public EventFilter? WebhookEvents { get; init; }

    public WorkerScaling Workers { get; init; } = new();

    /// <summary>Set for what speaks HTTP itself; null for a model whose workers ask for jobs.</summary>
    public HttpService? Service { get; init; }
}

/// <summary>Specs keep the numbers: a new one comes last.</summary>
public enum ModelTask
{
    TextToImage,
    ImageToImage,
    TextToVideo,
    TextToSpeech,
    SpeechToText,
}

/// <summary>Whether workers may load a model's files from an object store in place of the hub.</summary>
public enum CacheScope
{
    Off,

    /// <summary>The operator's store, which tenants read and never write.</summary>
    Shared,

    /// <summary>The tenant's own store.</summary>
    Private,
}

/// <summary>How many workers, and when one more or one fewer.</summary>
public sealed record WorkerScaling
{
    public const int MaxWorkers = 64;

    /// <summary>Workers kept while nothing is asked. 0 means sleep at nothing's cost.</summary>
    public int Min { get; init; }

    /// <summary>Most workers at once, 1 to <see cref="MaxWorkers"/>.</summary>
    public int Max { get; init; } = 1;

    /// <summary>How long a worker without work stays. The seed's endpoint idle clock: 300 s.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>From accepted to ready at most; then the deployment fails and what was created is removed.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(1800);

    public Scaler Scaler { get; init; } = Scaler.QueueDelay;

    /// <summary>Seconds the head of the queue may wait (queue delay), or jobs per worker (request count). Runpod's default for both is 4.</summary>
    public double ScalerValue { get; init; } = 4;

    /// <summary>When more than <see cref="Min"/> are kept; null for never.</summary>
    public WarmWindow? Warm { get; init; }

    /// <summary>What is ordered at a time: within the window its workers are the minimum.</summary>
    public WorkerScaling At(DateTimeOffset now) => Warm is { } warm && warm.IsOpen(now) ? this with { Min = Math.Max(Min, warm.Workers) } : this;
}

public enum Scaler
{
    /// <summary>One more worker when the head of the queue has waited longer than the value, in seconds.</summary>
    QueueDelay,

    /// <summary>As many workers as (queued + running) / value, rounded up.</summary>
    RequestCount,
}

/// <summary>What to do about a backend that others changed.</summary>
public enum DriftPolicy
{
    /// <summary>Make it as it was ordered; create it anew if it was deleted.</summary>
    Restore,

    /// <summary>Take the change as the new order; a backend that was deleted ends the deployment.</summary>
    Adopt,
}
