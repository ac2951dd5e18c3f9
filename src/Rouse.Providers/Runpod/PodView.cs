using Rouse.Core.Deployments;
using Rouse.Core.Ports;

namespace Rouse.Providers.Runpod;

/// <summary>What we keep of a listed pod: nothing of its variables.</summary>
internal sealed record PodView(BackendId Id, BackendName Name, string Status, int DiskGb, int VolumeGb)
{
    /// <summary>As bills are made out; a few hours more or less do not matter here.</summary>
    private const decimal HoursPerMonth = 730;

    /// <summary>Its container runs or is on its way to that: it costs.</summary>
    public bool IsUp => Status is "RUNNING" or "STARTING" or "PROVISIONING";

    /// <summary>It keeps its volume and costs only that.</summary>
    public bool IsDown => Status is "EXITED" or "TERMINATED";

    /// <summary>Null for a pod that is not ours, is gone for good, or is shown without an id.</summary>
    public static PodView? Of(PodReply reply) =>
        reply is { Id: { Length: > 0 } id, Status: not "TERMINATED" } && RunpodNames.TryParse(reply.Name, out var name)
        ? new PodView(new BackendId(id), name, reply.Status ?? "", reply.Disk ?? 0, reply.Mounts?.Persistent?.Size ?? 0)
        : null;

    /// <summary>
    /// As the reconciler reads it. Runpod knows whether the container runs, not whether the model is loaded: that is for the worker to report, so no
    /// worker is ready by this.
    /// </summary>
    public ObservedBackend Observe(RunpodOptions options) => new(Id, Name, ShownStatus(), ReadyWorkers: 0, Workers: IsDown ? 0 : 1, Trouble())
    {
        StorageUsdPerHour = IsDown ? VolumeGb * options.StoppedDiskPrice / HoursPerMonth : (DiskGb + VolumeGb) * options.DiskPrice / HoursPerMonth,
    };

    private BackendStatus ShownStatus() => Status switch
    {
        "RUNNING" => BackendStatus.Running,
        "EXITED" => BackendStatus.Sleeping,
        _ => BackendStatus.Starting,
    };

    private BackendTrouble? Trouble() => Status != "ERROR" ? null : new BackendTrouble(
        new FailureCause(
            FailureCodes.WorkerUnhealthy,
            "Runpod says that the pod's container is broken beyond recovery. Read its logs at Runpod, mend the image or the model, and deploy again."),
        Fatal: true);
}
