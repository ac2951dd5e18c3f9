using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Gateway.Routing;

namespace Rouse.Gateway.Admission;

/// <summary>Where every request to a deployment that speaks HTTP gets its place at a backend, or waits for one.</summary>
public sealed class Doorkeeper(RouteTable routes) : IDemand
{
    /// <summary>Returns when the request may be sent, or will not be.</summary>
    /// <param name="gone">The caller left: its place is free at once.</param>
    public ValueTask<Admitted> EnterAsync(DeploymentId deployment, Ask ask, CancellationToken gone)
    {
        gone.ThrowIfCancellationRequested();
        return ValueTask.FromResult(routes.Find(deployment) is { State: RouteState.Ready, Backends: [var backend, ..] } route
            ? new Admitted(new Grant(route, backend, TimeSpan.Zero, coldStart: false, static _ => { }), null)
            : new Admitted(null, new Refusal(RefusalReason.Ended, TimeSpan.Zero, 0)));
    }

    public Demand Of(DeploymentId deployment) => default;
}
