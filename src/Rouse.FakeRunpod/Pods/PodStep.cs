using Rouse.FakeRunpod.Billing;
using Rouse.FakeRunpod.Http;
using Rouse.FakeRunpod.Workers;
using Rouse.FakeRunpod.World;

namespace Rouse.FakeRunpod.Pods;

/// <summary>Takes pods from provisioning to running, and what an action changes about them.</summary>
internal sealed class PodStep(RunpodWorld world)
{
    public void Step(Moment moment)
    {
        foreach (var pod in world.Pods.Alive.ToList())
        {
            if (pod.State != PodState.Provisioning || world.Script.ImagePullNeverEnds || !moment.IsDue(pod.ProvisionedAt + world.Script.ImagePull))
            {
                continue;
            }

            Start(pod);
        }
    }

    /// <summary>Ends the container; what is stored goes on costing.</summary>
    public static void Stop(RunpodWorld world, Pod pod)
    {
        pod.State = PodState.Exited;
        pod.Container.Stop();
        Store(world, pod, StoragePrice.StoppedDisk(pod.VolumeGb));
    }

    public static void Provision(RunpodWorld world, Pod pod)
    {
        (pod.State, pod.ProvisionedAt) = (PodState.Provisioning, world.Now);
        Store(world, pod, StoragePrice.RunningDisk(pod.DiskGb + pod.VolumeGb));
    }

    public static void Terminate(RunpodWorld world, Pod pod)
    {
        pod.Container.Stop();
        pod.DeletedAt = world.Now;
        world.Ledger.Close(pod.Storage);
    }

    private void Start(Pod pod)
    {
        var environment = pod.Body.MapAt("env");
        environment["RUNPOD_POD_ID"] = pod.Id;
        environment["RUNPOD_POD_HOSTNAME"] = pod.Id;
        environment["RUNPOD_DC_ID"] = pod.DataCenterId;
        var launch = new ContainerLaunch(pod.Id, null, (string)pod.Body["image"]!, (string)pod.Body["args"]!, environment, pod.GpuTypeId, pod.DataCenterId);
        pod.State = PodState.Running;
        pod.Container.Start(launch, world.Ledger.Open(pod.Account.Name, ChargeKind.Pod, pod.Id, pod.DollarsPerHour), code => Ended(pod, code));
    }

    private void Ended(Pod pod, int code)
    {
        // A container that ends leaves its pod stopped; it is not started again by itself.
        pod.State = code == 0 ? PodState.Exited : PodState.Error;
        Store(world, pod, StoragePrice.StoppedDisk(pod.VolumeGb));
    }

    private static void Store(RunpodWorld world, Pod pod, decimal dollarsPerHour)
    {
        world.Ledger.Close(pod.Storage);
        pod.Storage = dollarsPerHour > 0 ? world.Ledger.Open(pod.Account.Name, ChargeKind.PodDisk, pod.Id, dollarsPerHour) : null;
    }
}
