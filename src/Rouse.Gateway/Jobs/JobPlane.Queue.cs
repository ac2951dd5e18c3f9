using Rouse.Core.Deployments;
using Rouse.Core.Jobs;
using Rouse.Core.Ports;

namespace Rouse.Gateway.Jobs;

/// <content>What worker pools ask, and what the clock does.</content>
public sealed partial class JobPlane
{
    public async ValueTask<QueueState> StateAsync(DeploymentId id, CancellationToken ct)
    {
        var load = await store.LoadAsync(id, ct);
        return new QueueState(load.Queued, load.HeadWait, load.Running, Sightings(id));
    }

    public void StopOffering(DeploymentId id, string worker)
    {
        var room = _rooms.GetOrAdd(id, static (_, limits) => new Room(limits), limits);
        room.LastUse = time.GetUtcNow();
        See(room, id, worker, note: null).Close();
    }

    public async ValueTask ReleaseAsync(DeploymentId id, string worker, CancellationToken ct)
    {
        if (_rooms.TryGetValue(id, out var room)) room.Workers.Remove(worker);
        var changes = await store.ReleaseAsync(id, worker, ct);
        if (changes.Count > 0) LogWorkerLost(id, worker, changes.Count);
        Apply(changes);
        Changed?.Invoke(id);
    }

    /// <summary>What was last seen of each worker of a deployment.</summary>
    public IReadOnlyDictionary<string, WorkerSighting> Sightings(DeploymentId id) =>
        _rooms.TryGetValue(id, out var room) ? room.Workers.Sightings() : QueueState.Empty.Workers;

    /// <summary>
    /// To be called about once per <see cref="JobLimits.SafetyPoll"/>: ends what has run out, notices what other replicas queued, and forgets
    /// silent workers.
    /// </summary>
    /// <remarks>
    /// Sweeps only once this process is a lease old. While it was down nobody could renew a lease, so the workers that live get the time to ping
    /// first; else a restart would run every running job twice.
    /// </remarks>
    public async ValueTask TickAsync(CancellationToken ct)
    {
        if (time.GetUtcNow() - _started >= limits.Lease) await SweepAsync(ct);
        var silence = time.GetUtcNow() - limits.WorkerSilence;
        foreach (var (deployment, room) in _rooms)
        {
            if (room.Line.HasWaiting) await RecountAsync(room, deployment, ct);
            if (room.Workers.RemoveSilent(silence)) Changed?.Invoke(deployment);
            if (room.LastUse < silence && room.Workers.Count == 0) _rooms.TryRemove(deployment, out _);
        }
    }

    private async ValueTask SweepAsync(CancellationToken ct)
    {
        while (await store.SweepAsync(ct) is { Count: > 0 } swept)
        {
            foreach (var change in swept) LogSwept(change.Deployment, change.Id, change.Status?.Word() ?? "gone");
            Apply(swept);
        }
    }
}
