using System.Collections.Concurrent;
using System.Collections.Immutable;
using Rouse.Core.Deployments;

namespace Rouse.Providers.Local;

/// <summary>The pools of this server, found by name and by deployment (which has several while one attempt follows another).</summary>
internal sealed class PoolSet
{
    private readonly ConcurrentDictionary<BackendName, Pool> _byName = new();
    private readonly ConcurrentDictionary<DeploymentId, ImmutableArray<Pool>> _byDeployment = new();

    public ICollection<Pool> All => _byName.Values;

    public Pool? Find(BackendName name) => _byName.GetValueOrDefault(name);

    public bool TryAdd(Pool pool)
    {
        if (!_byName.TryAdd(pool.Name, pool)) return false;
        _byDeployment.AddOrUpdate(pool.Name.Deployment, [pool], (_, pools) => pools.Add(pool));
        return true;
    }

    public void Remove(Pool pool)
    {
        _byName.TryRemove(KeyValuePair.Create(pool.Name, pool));
        var left = _byDeployment.AddOrUpdate(pool.Name.Deployment, [], (_, pools) => pools.Remove(pool));
        if (left.IsEmpty) _byDeployment.TryRemove(KeyValuePair.Create(pool.Name.Deployment, left));
    }

    public void OnQueueChanged(DeploymentId deployment)
    {
        foreach (var pool in _byDeployment.GetValueOrDefault(deployment, [])) pool.OnQueueChanged();
    }
}
