using Rouse.Core.Ports;
using Rouse.Core.Tenancy;

namespace Rouse.Providers.Runpod;

/// <summary>Starts and stops a pod. Asking twice is harmless.</summary>
internal static class PodSwitch
{
    /// <exception cref="ProviderException"><see cref="ProviderFault.Capacity"/> when its machine has no GPU free any more.</exception>
    public static async Task SetAsync(RunpodClient client, BackendId id, bool running, Secret key, CancellationToken ct)
    {
        var answer = await client.ActOnPodAsync(id.Value, running ? "start" : "stop", key, ct);
        if (answer == PodAnswer.Done || (answer == PodAnswer.Absent && !running)) return;
        if (answer == PodAnswer.Absent) throw new ProviderException(ProviderFault.Rejected, $"Runpod has no pod {id}; it was deleted, or never was.");
        await RequireStateAsync(client, id, running, key, ct);
    }

    /// <summary>An action was refused for the pod's state. That is fine when it is the state that was asked for.</summary>
    private static async Task RequireStateAsync(RunpodClient client, BackendId id, bool running, Secret key, CancellationToken ct)
    {
        var pod = await client.GetPodAsync(id.Value, key, ct);
        var status = pod?.Status ?? "gone";
        var isSo = running ? status is "RUNNING" or "STARTING" or "PROVISIONING" : status is "EXITED" or "TERMINATED" or "gone";
        if (isSo) return;
        throw new ProviderException(
            ProviderFault.Rejected, $"Runpod does not {(running ? "start" : "stop")} pod {id}, which is {status} or locked. Unlock it at Runpod, or delete the deployment.");
    }
}
