using Rouse.Contracts.Deployments;
using Rouse.Core.Deployments;
using Rouse.Core.Models;
using Rouse.Core.Ports;

namespace Rouse.Server.Features.Deployments;

/// <summary>What holds for deployments that speak HTTP and not for models, and how they are shown.</summary>
internal static class ServiceRules
{
    /// <summary>Unless the request says otherwise.</summary>
    public static WorkerScaling Workers { get; } = new() { IdleTimeout = HttpService.DefaultIdleTimeout, Scaler = Scaler.RequestCount };

    /// <summary>A pod is one worker, and so is a server that somebody else runs.</summary>
    public static int MaxWorkers(ProviderTraits provider) => provider.ScalesToZero ? WorkerScaling.MaxWorkers : 1;

    /// <summary>What a service cannot be asked for together with.</summary>
    /// <param name="isOnOthersAccount">It would go on the server's account, and the caller is not its operator.</param>
    public static void Check(CreateDeploymentRequest body, HttpService service, bool isOnOthersAccount, DeploymentParser.Faults faults)
    {
        if (body.HfToken is not null) faults.Add("hf_token", "A service gets what you name in service.env, and no token of ours. Name it there.");
        if (body.GpuTier is not null && service.Image is null) faults.Add("gpu_tier", "Only with service.image: what runs already has the GPU it has.");
        if (!isOnOthersAccount) return;
        // Ids are guessed or read over somebody's shoulder, and the server's key opens them all.
        const string BringKey = "On the server's own account it is the operator's to name. Bring the key of your account as user_runpod_key.";
        if (service.PodId is not null) faults.Add("service.pod_id", BringKey);
        if (service.NetworkVolume is not null) faults.Add("service.network_volume", BringKey);
    }

    public static ModelRef Model(CreateDeploymentRequest body, HttpService service, DeploymentParser.Faults faults)
    {
        if (body.HfModelId is not null || body.ModelPath is not null) faults.Add("hf_model_id", "Give exactly one of hf_model_id, model_path and service.");
        // Without a source there is no name, and no spec either: the fault is noted already.
        return service is { Image: null, PodId: null, Upstream: null } ? null! : ModelRef.Of(service);
    }

    public static ServiceView View(HttpService service) => new()
    {
        Image = service.Image,
        PodId = service.PodId,
        Upstream = service.Upstream?.ToString(),
        Args = service.Args,
        EnvNames = service.Variables?.Split(' ') ?? [],
        Port = service.Port,
        HealthPath = service.HealthPath,
        Concurrency = service.Concurrency,
        MaxQueue = service.MaxQueue,
        MaxQueueBytes = service.MaxQueueBytes,
        MaxBodyBytes = service.MaxBodyBytes,
        WakeTimeoutSeconds = service.WakeTimeout.TotalSeconds,
        BusyTimeoutSeconds = service.BusyTimeout.TotalSeconds,
        ResponseTimeoutSeconds = service.ResponseTimeout.TotalSeconds,
        ProcessPath = service.ProcessPath,
        MaxRetries = service.MaxRetries,
        RetryDelaySeconds = service.RetryDelay.TotalSeconds,
        VramGb = service.VramGb,
        NetworkVolume = service.NetworkVolume,
        Fallback = service.Fallback switch
        {
            WakeFallback.None => "none",
            WakeFallback.Host => "host",
            WakeFallback.Gpu => "gpu",
            _ => throw new ArgumentOutOfRangeException(nameof(service)),
        },
    };
}
