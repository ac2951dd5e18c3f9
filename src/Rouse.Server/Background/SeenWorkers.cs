using System.Collections.Concurrent;
using Rouse.Contracts.Jobs;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;

namespace Rouse.Server.Background;

/// <summary>
/// What this process last saw of the workers of deployments whose provider runs them and hands them their jobs: they never ask here, so nothing else
/// tells how many there are. In memory only; before the first look nothing is known.
/// </summary>
internal sealed class SeenWorkers
{
    /// <summary>Deployments remembered; beyond it all are forgotten, and seen again with the next pass of each.</summary>
    private const int MaxRemembered = 20_000;

    private readonly ConcurrentDictionary<DeploymentId, (int Ready, int All)> _seen = [];

    public void See(DeploymentState row, IReadOnlyList<ObservedBackend> observed)
    {
        if (row.Phase.IsEnded())
        {
            _seen.TryRemove(row.Id, out _);
            return;
        }

        if (_seen.Count >= MaxRemembered) _seen.Clear();
        var mine = observed.Where(backend => backend.Id == row.Backend).ToList();
        _seen[row.Id] = (mine.Sum(backend => backend.ReadyWorkers), mine.Sum(backend => backend.Workers));
    }

    public bool Knows(DeploymentId id) => _seen.ContainsKey(id);

    /// <param name="running">Jobs that are with the provider's workers.</param>
    /// <returns>Null where nothing was seen yet.</returns>
    public WorkerCounts? Of(DeploymentId id, int running)
    {
        if (!_seen.TryGetValue(id, out var seen)) return null;
        var busy = Math.Min(running, seen.Ready);
        return new(Idle: seen.Ready - busy, Initializing: Math.Max(0, seen.All - seen.Ready), Ready: seen.Ready - busy, Running: busy, Throttled: 0, Unhealthy: 0);
    }
}
