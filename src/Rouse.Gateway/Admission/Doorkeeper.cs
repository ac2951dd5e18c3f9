using System.Collections.Concurrent;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Core.Scheduling;
using Rouse.Gateway.Routing;

namespace Rouse.Gateway.Admission;

/// <summary>Where every request to a deployment that speaks HTTP gets its place at a backend, or waits for one.</summary>
public sealed class Doorkeeper : IDemand, IDisposable
{
    private static readonly AdmissionRefusal s_ended = new(AdmissionReason.Ended, TimeSpan.Zero, 0, TimeSpan.Zero);

    private readonly RouteTable _routes;
    private readonly Lobby _lobby;
    private readonly ConcurrentDictionary<DeploymentId, Door> _doors = new();
    private int _isStopping;

    public Doorkeeper(RouteTable routes, IBackendWaker waker, AdmissionLimits limits, TimeProvider time)
    {
        _routes = routes;
        _lobby = new Lobby(routes, waker, limits, time, Forget);
        routes.Changed += Look;
    }

    /// <summary>Deployments that somebody asked for and that have not ended.</summary>
    public int Doors => _doors.Count;

    /// <summary>Returns when the request may be sent, or will not be.</summary>
    /// <param name="gone">The caller left: its place is free at once.</param>
    /// <exception cref="OperationCanceledException">The caller left before it had a place.</exception>
    public ValueTask<Admitted> EnterAsync(DeploymentId deployment, Ask ask, CancellationToken gone)
    {
        gone.ThrowIfCancellationRequested();
        while (true)
        {
            if (!_doors.TryGetValue(deployment, out var door) && (door = Open(deployment)) is null) return ValueTask.FromResult(new Admitted(null, s_ended));
            if (door.Enter(ask, gone) is { } entered) return entered;
        }
    }

    public Demand Of(DeploymentId deployment) => _doors.TryGetValue(deployment, out var door) ? door.Demand : default;

    /// <summary>From now on nobody waits: all who do are told to ask again (<see cref="AdmissionReason.Stopping"/>), and so is whoever would have to.</summary>
    public void BeginStop()
    {
        Volatile.Write(ref _isStopping, 1);
        foreach (var door in _doors.Values) door.Post(new DoorEvent(DoorEventKind.Stop));
    }

    public void Dispose()
    {
        _routes.Changed -= Look;
        foreach (var door in _doors.Values) door.Dispose();
    }

    private Door? Open(DeploymentId deployment)
    {
        if (_routes.Find(deployment) is not { State: not RouteState.Ended } route) return null;
        var made = new Door(_lobby, route);
        var door = _doors.GetOrAdd(deployment, made);
        if (door != made)
        {
            made.Dispose();
            return door;
        }

        // What changed between looking and being among those who are told.
        door.Look();
        if (Volatile.Read(ref _isStopping) == 1) door.Post(new DoorEvent(DoorEventKind.Stop));
        return door;
    }

    private void Look(Route route)
    {
        if (_doors.TryGetValue(route.Deployment, out var door)) door.Look();
    }

    private void Forget(DeploymentId id, Door door)
    {
        _doors.TryRemove(KeyValuePair.Create(id, door));
        door.Dispose();
    }
}
