using System.Collections.Concurrent;
using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;

namespace Rouse.Gateway.Routing;

/// <summary>All routes of this process: deployments that speak HTTP. Read without a lock; written by whoever watches the deployments.</summary>
public sealed class RouteTable
{
    private readonly ConcurrentDictionary<DeploymentId, Route> _routes = new();

    /// <summary>Raised after a change, on the thread of whoever made it. Handlers must return at once.</summary>
    public event Action<Route>? Changed;

    public Route? Find(DeploymentId id) => _routes.GetValueOrDefault(id);

    public IEnumerable<Route> Of(TenantId tenant) => _routes.Values.Where(route => route.Tenant == tenant);

    public IReadOnlyCollection<Route> All => [.. _routes.Values];

    public void Set(Route route)
    {
        _routes[route.Deployment] = route;
        Changed?.Invoke(route);
    }

    /// <summary>Forgets what has ended and is asked for no more.</summary>
    public void Remove(DeploymentId id)
    {
        if (_routes.TryRemove(id, out var route)) Changed?.Invoke(route with { State = RouteState.Ended, Backends = [] });
    }
}
