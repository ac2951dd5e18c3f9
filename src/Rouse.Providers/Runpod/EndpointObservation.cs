using System.Globalization;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;

namespace Rouse.Providers.Runpod;

/// <summary>From what the list and the looks show to what the reconciler reads. Pure: the clock is an argument.</summary>
internal static class EndpointObservation
{
    /// <param name="since">The time from a timestamp until now.</param>
    public static ObservedBackend Of(EndpointView view, EndpointMemory memory, RunpodOptions options, Func<long, TimeSpan> since)
    {
        var look = view.IsHibernated ? null : memory.Look;
        // Whether what speaks HTTP itself can work, its health page tells and not its worker's state.
        var ready = view.IsBalancer ? 0 : look?.Ready ?? 0;
        return new ObservedBackend(view.Id, view.Name, Status(view, look), ready, look?.Holding ?? 0, Trouble(look, view.IsBalancer, memory, options, since))
        {
            WorkersKnown = view.IsHibernated || look is not null,
            Settings = view.MaxWorkers is { } most
                ? new BackendSettings(view.MinWorkers ?? 0, most, view.IdleSeconds is { } idle ? TimeSpan.FromSeconds(idle) : null, view.Image)
                : null,
        };
    }

    private static BackendStatus Status(EndpointView view, WorkerLook? look) => look switch
    {
        _ when view.IsHibernated => BackendStatus.Sleeping,
        { Ready: > 0 } => BackendStatus.Running,
        { IsEmpty: true } => BackendStatus.Sleeping,
        _ => BackendStatus.Starting,
    };

    private static BackendTrouble? Trouble(WorkerLook? look, bool isBalancer, EndpointMemory memory, RunpodOptions options, Func<long, TimeSpan> since)
    {
        if (memory.Broken is { } broken) return new BackendTrouble(broken, Fatal: true);
        if (look is not { Ready: 0, Total: > 0 } seen) return null;
        if (memory.UnhealthyLooks >= options.CrashLoopLooks && since(memory.UnhealthySince) >= options.CrashLoopSpan)
        {
            var minutes = since(memory.UnhealthySince).TotalMinutes.ToString("0", CultureInfo.InvariantCulture);
            var looks = memory.UnhealthyLooks.ToString(CultureInfo.InvariantCulture);
            return Say(
                FailureCodes.CrashLoop,
                $"Its workers were unhealthy in {looks} looks over {minutes} min and none became ready. Read their logs at Runpod, mend the image or the "
                + "model, and deploy again.",
                // A service that loads for longer than that may look so to Runpod; how long it may take, its start timeout says.
                fatal: !isBalancer);
        }

        if (seen.Throttled == seen.Total)
        {
            return Say(FailureCodes.NoCapacity, "Runpod has no free GPU for its workers now; they wait for one. Another gpu_tier or region may have some.");
        }

        if (seen.Unhealthy > 0) return Say(FailureCodes.WorkerUnhealthy, "Runpod finds its workers unhealthy and starts them again.");
        if (memory.InitializingSince is { } began && since(began) >= options.SlowStart)
        {
            var minutes = since(began).TotalMinutes.ToString("0", CultureInfo.InvariantCulture);
            return Say(FailureCodes.ImagePull, $"Its workers have been initializing for {minutes} min: Runpod pulls the image, or they load the model.");
        }

        return null;
    }

    private static BackendTrouble Say(string code, string message, bool fatal = false) => new(new FailureCause(code, message), fatal);
}
