using System.Collections.Concurrent;
using Rouse.Core.Deployments;

namespace Rouse.Server.Background;

/// <summary>
/// How long this process has known that a deployment is hibernated and nothing was begun since, by a clock that nobody sets. After a restart the time
/// counts anew, which errs on the safe side.
/// </summary>
internal sealed class DrainWatch(TimeProvider time)
{
    private readonly ConcurrentDictionary<DeploymentId, long> _since = new();

    /// <summary>Whether it has drained for that long.</summary>
    public bool IsOver(DeploymentState row, TimeSpan drain)
    {
        if (row is { Phase: Phase.Hibernated, StopAt: null, WakeAt: null }) return time.GetElapsedTime(_since.GetOrAdd(row.Id, time.GetTimestamp())) >= drain;
        Forget(row.Id);
        return false;
    }

    public void Forget(DeploymentId id) => _since.TryRemove(id, out _);
}
