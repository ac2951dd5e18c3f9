using Rouse.Core.Deployments;

namespace Rouse.Core.Scheduling;

/// <summary>How many workers a pool wants. Pure: figures in, number out.</summary>
public static class ScalePolicy
{
    /// <returns>Between <see cref="WorkerScaling.Min"/> and <see cref="WorkerScaling.Max"/>. Shrinking is <see cref="IdlePolicy"/>'s business, so the
    /// answer is never below <see cref="PoolLoad.Workers"/> unless the bounds force it.</returns>
    public static int Desired(WorkerScaling scaling, PoolLoad load)
    {
        var wanted = scaling.Scaler switch
        {
            Scaler.RequestCount => (int)Math.Min(scaling.Max, Math.Ceiling((load.Queued + load.Running) / scaling.ScalerValue)),
            _ when load.Queued == 0 => 0,
            // Nobody is there to work: the first job must not wait for the delay as well.
            _ when load.Workers == 0 => 1,
            _ when IsLate(load, TimeSpan.FromSeconds(scaling.ScalerValue)) => load.Workers + 1,
            _ => 0,
        };
        return Math.Clamp(Math.Max(wanted, load.Workers), scaling.Min, Math.Max(scaling.Min, scaling.Max));
    }

    /// <summary>
    /// The head has waited too long, and the workers already on their way will not cure it: a cold start lasts longer than the delay, so without
    /// the last two conditions one waiting job would start every worker there is.
    /// </summary>
    private static bool IsLate(PoolLoad load, TimeSpan delay) => load.HeadWait > delay && load.SinceStart > delay && load.Queued > load.Starting;
}

/// <summary>What a pool's size is decided on.</summary>
/// <param name="Queued">Jobs waiting.</param>
/// <param name="HeadWait">How long the oldest of them has waited.</param>
/// <param name="Running">Jobs in work.</param>
/// <param name="Workers">Workers alive that will take jobs, starting ones included.</param>
/// <param name="Starting">Those of them that are not ready yet.</param>
/// <param name="SinceStart">How long ago the last worker was started.</param>
public readonly record struct PoolLoad(int Queued, TimeSpan HeadWait, int Running, int Workers, int Starting, TimeSpan SinceStart);
