using Rouse.Core.Deployments;
using Rouse.Core.Ports;

namespace Rouse.Providers.Runpod;

/// <summary>From what was ordered to what Runpod is sent. Pure.</summary>
internal static class EndpointOrder
{
    // Runpod's bounds of idleTimeout, in seconds, and of queueDelay.
    private const int MinIdle = 1;
    private const int MaxIdle = 3600;
    private const double MinQueueDelay = 0.5;

    /// <param name="environment">In clear: for the body alone.</param>
    /// <param name="centers">Null for anywhere.</param>
    public static CreateEndpointBody Create(
        BackendRequest request, IReadOnlyDictionary<string, string> environment, IReadOnlyList<string>? centers, RunpodOptions options)
    {
        var workers = request.Spec.Workers;
        var own = options.OwnImageOf(request.Engine);
        var template = own is null ? options.TemplateId : null;
        return new CreateEndpointBody
        {
            Name = request.Name.ToString(),
            Image = template is null ? own ?? options.Image : null,
            TemplateId = template,
            Disk = template is null ? options.ContainerDiskGb : null,
            Env = environment,
            Gpu = new EndpointGpu { Pools = [request.Offer.Hardware], Count = 1 },
            // No worker is kept before the deployment is ready: if we die now, Runpod itself lets the endpoint fall asleep.
            Workers = Workers(workers with { Min = 0 }, isBalancer: false),
            Scaling = Scaling(workers),
            Timeout = (long)options.JobTimeout.TotalMilliseconds,
            Flashboot = Flashboot(options),
            DataCenterIds = centers,
            NetworkVolumes = options.NetworkVolumes.Count == 0 ? null : options.NetworkVolumes,
        };
    }

    public static UpdateEndpointBody Scale(WorkerScaling workers) => new() { Workers = Workers(workers, isBalancer: false), Scaling = Scaling(workers) };

    /// <summary>A new release: Runpod replaces the workers one after the other, and those with a job once it is done.</summary>
    public static UpdateEndpointBody Renew(string image) => new() { Image = image };

    /// <summary>The same of a service's: its scaling is not ours to know here, and stays.</summary>
    public static UpdateEndpointBody ScaleBalancer(WorkerScaling workers) => new() { Workers = Workers(workers, isBalancer: true) };

    /// <summary>No worker, none to come: it costs nothing and stays.</summary>
    public static UpdateEndpointBody Hibernate() => new() { Workers = new EndpointWorkers(0, 0) };

    public static UpdateEndpointBody Allow(int workers) => new() { Workers = new EndpointWorkers(0, workers) };

    public static RunBody WarmUp(RunpodOptions options) =>
        new(new WarmUpInput(RouseWarmUp: true), new RunPolicy((long)options.JobTimeout.TotalMilliseconds, (long)options.WarmUpLife.TotalMilliseconds));

    /// <param name="isBalancer">Runpod refuses an idle timeout for a queue that scales on the count of requests, and of nothing else.</param>
    public static EndpointWorkers Workers(WorkerScaling workers, bool isBalancer)
    {
        var idle = (int)Math.Clamp(Math.Ceiling(workers.IdleTimeout.TotalSeconds), MinIdle, MaxIdle);
        return new EndpointWorkers(workers.Min, workers.Max, isBalancer || workers.Scaler == Scaler.QueueDelay ? idle : null);
    }

    public static string Flashboot(RunpodOptions options) => options.FlashBoot switch
    {
        RunpodFlashBoot.Off => "OFF",
        RunpodFlashBoot.FlashBoot => "FLASHBOOT",
        RunpodFlashBoot.PriorityFlashBoot => "PRIORITY_FLASHBOOT",
        _ => throw new ArgumentOutOfRangeException(nameof(options)),
    };

    private static EndpointScaling Scaling(WorkerScaling workers) => workers.Scaler == Scaler.QueueDelay
        ? new EndpointScaling(EndpointScaling.ByDelay, QueueDelay: Math.Max(workers.ScalerValue, MinQueueDelay))
        : new EndpointScaling(EndpointScaling.ByCount, RequestCount: (int)Math.Max(1, Math.Ceiling(workers.ScalerValue)));
}
