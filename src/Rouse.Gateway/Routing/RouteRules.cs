using System.Globalization;
using Rouse.Core.Deployments;
using Rouse.Gateway.Readiness;

namespace Rouse.Gateway.Routing;

/// <summary>What the row of a service and its backend's own word make of its route. Pure.</summary>
public static class RouteRules
{
    /// <summary>
    /// Whether what answers at the backend's address is to be sent to: not while its stop may be under way, when it would answer until it is cut off.
    /// </summary>
    public static bool MayAnswer(DeploymentState row) =>
        row.Backend is not null && (row.Phase == Phase.Ready || row.Phase.IsStarting() || row is { Phase: Phase.Hibernated, WakeAt: not null });

    /// <summary>Changes with every wake and with every other backend, and is the same in every replica.</summary>
    public static string BackendName(DeploymentState row) => string.Create(CultureInfo.InvariantCulture, $"{row.Backend}.{row.Wakes}");

    /// <param name="backend">Where it is reached; null when it cannot be.</param>
    /// <param name="verdict">Of that backend.</param>
    public static Route Of(DeploymentState row, RouteBackend? backend, Verdict verdict, StartEstimate wake)
    {
        var isReady = backend is not null && verdict.IsReady && MayAnswer(row);
        var state = row.Phase.IsEnded() ? RouteState.Ended : isReady ? RouteState.Ready : RouteState.NotReady;
        return new Route(row.Id, row.Tenant, row.Spec.Name, row.Spec.Service!, state, state == RouteState.Ready ? [backend!] : [])
        {
            WakeEstimate = wake,
            WakingSince = state != RouteState.NotReady ? null : row.WakeAt ?? (row.Phase.IsStarting() ? row.CreatedAt : null),
            Waiting = state == RouteState.Ready ? null : row.Error ?? Waiting(row, verdict),
        };
    }

    private static FailureCause? Waiting(DeploymentState row, Verdict verdict) =>
        verdict.Why is { } why && MayAnswer(row) && row.Waiting is null or { Code: FailureCodes.Waking }
            ? new FailureCause(row.Phase == Phase.Ready ? FailureCodes.WorkerUnhealthy : FailureCodes.Waking, why)
            : row.Waiting;
}
