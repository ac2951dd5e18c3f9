using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Core.Scheduling;
using Rouse.Gateway.Routing;

namespace Rouse.Gateway.Admission;

/// <summary>What all doors have in common.</summary>
internal sealed class Lobby(RouteTable routes, IBackendWaker waker, AdmissionLimits limits, TimeProvider time, Action<DeploymentId, Door> forget)
{
    /// <summary>Of the framework's timers it is 49 days; a day is long enough for any wait, and a timer that is early only looks.</summary>
    public static readonly TimeSpan LongestTimer = TimeSpan.FromDays(1);

    private readonly long _began = time.GetTimestamp();

    public RouteTable Routes => routes;

    public IBackendWaker Waker => waker;

    public AdmissionLimits Limits => limits;

    public AdmissionShares Shares { get; } = new(limits);

    public TimeProvider Time => time;

    /// <summary>Since this process began; never goes back.</summary>
    public TimeSpan Now => time.GetElapsedTime(_began);

    /// <summary>What the wall clock said at a timestamp.</summary>
    public DateTimeOffset At(long timestamp) => time.GetUtcNow() - time.GetElapsedTime(timestamp);

    public void Forget(DeploymentId id, Door door) => forget(id, door);
}
