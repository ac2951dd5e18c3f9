using Rouse.Core.Deployments;

namespace Rouse.Core.Scheduling;

/// <summary>How many workers a pool wants. Pure: figures in, number out.</summary>
public static class ScalePolicy
{
    /// <param name="queued">Jobs waiting.</param>
    /// <param name="headWait">How long the oldest of them has waited.</param>
    /// <param name="running">Jobs in work.</param>
    /// <param name="workers">Workers alive, starting ones included.</param>
    /// <returns>Between <see cref="WorkerScaling.Min"/> and <see cref="WorkerScaling.Max"/>. Shrinking is the idle clock's business, so the answer is
    /// never below <paramref name="workers"/> unless the bounds force it.</returns>
    public static int Desired(WorkerScaling scaling, int queued, TimeSpan headWait, int running, int workers)
    {
        var wanted = scaling.Scaler switch
        {
            Scaler.RequestCount => (int)Math.Min(scaling.Max, Math.Ceiling((queued + running) / scaling.ScalerValue)),
            // Nobody is there to work: the first job must not wait for the delay as well.
            _ when queued > 0 && workers == 0 => 1,
            _ when queued > 0 && headWait > TimeSpan.FromSeconds(scaling.ScalerValue) => workers + 1,
            _ => 0,
        };
        return Math.Clamp(Math.Max(wanted, workers), scaling.Min, Math.Max(scaling.Min, scaling.Max));
    }
}
