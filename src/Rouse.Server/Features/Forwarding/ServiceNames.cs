using System.Collections.Concurrent;
using System.Collections.Immutable;
using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;
using Rouse.Gateway.Routing;

namespace Rouse.Server.Features.Forwarding;

/// <summary>The services of a tenant by its own names for them, kept while routes come and go, so that no request looks through all of them.</summary>
internal sealed class ServiceNames
{
    private readonly ConcurrentDictionary<(TenantId, string), ImmutableHashSet<DeploymentId>> _named = new();
    private readonly RouteTable _routes;

    public ServiceNames(RouteTable routes)
    {
        _routes = routes;
        routes.Changed += Note;
        foreach (var route in routes.All) Note(route);
    }

    /// <summary>How many bear the name and have not ended, and which it is when it is one.</summary>
    public (int Count, Route? Only) Find(TenantId tenant, string name)
    {
        if (!_named.TryGetValue((tenant, name), out var ids)) return default;
        var (count, only) = (0, (Route?)null);
        foreach (var id in ids)
        {
            if (_routes.Find(id) is not { State: not RouteState.Ended } route) continue;
            (count, only) = (count + 1, route);
        }

        return count == 1 ? (1, only) : (count, null);
    }

    private void Note(Route route)
    {
        if (route.Name is not { } name) return;
        var key = (route.Tenant, name);
        if (route.State != RouteState.Ended)
        {
            _named.AddOrUpdate(key, static (_, id) => [id], static (_, ids, id) => ids.Add(id), route.Deployment);
            return;
        }

        while (_named.TryGetValue(key, out var ids))
        {
            var left = ids.Remove(route.Deployment);
            if (left.IsEmpty ? _named.TryRemove(KeyValuePair.Create(key, ids)) : _named.TryUpdate(key, left, ids)) return;
        }
    }
}
