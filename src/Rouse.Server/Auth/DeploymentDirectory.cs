using System.Collections.Concurrent;
using Rouse.Core.Deployments;
using Rouse.Store.Deployments;

namespace Rouse.Server.Auth;

/// <summary>
/// Whose each deployment is, its phase and attempt, remembered: workers and inference ask for this with every request. An event of this replica
/// forgets at once; what another replica did is seen after <see cref="Freshness"/>.
/// </summary>
internal sealed class DeploymentDirectory(DeploymentLocator locator, TimeProvider time)
{
    /// <summary>How long another replica's change may go unseen. Every write checks again, so this bounds only how long a stale answer is given.</summary>
    public static readonly TimeSpan Freshness = TimeSpan.FromSeconds(2);

    /// <summary>Entries kept; beyond it all are forgotten and read again as needed.</summary>
    public const int MaxEntries = 20_000;

    private readonly ConcurrentDictionary<DeploymentId, (LocatedDeployment Found, long ReadAt)> _known = new();
    private long _forgotten;

    public async ValueTask<LocatedDeployment?> FindAsync(DeploymentId id, CancellationToken ct)
    {
        if (_known.TryGetValue(id, out var entry) && time.GetElapsedTime(entry.ReadAt) < Freshness) return entry.Found;
        var before = Volatile.Read(ref _forgotten);
        var readAt = time.GetTimestamp();
        var found = await locator.FindAsync(id, ct);
        if (found is null) return null;
        if (_known.Count >= MaxEntries) _known.Clear();
        // Something was forgotten while we read: what we read may be what was forgotten.
        if (Volatile.Read(ref _forgotten) == before) _known[id] = (found, readAt);
        return found;
    }

    public void Forget(DeploymentId id)
    {
        Interlocked.Increment(ref _forgotten);
        _known.TryRemove(id, out _);
    }
}
