using System.Collections.Concurrent;

namespace Rouse.Worker.Protocol;

/// <summary>Ids this worker holds, from take until the result is accepted: what pings list and stop polls may cancel.</summary>
internal sealed class RunningJobs(TimeProvider time)
{
    private long _released = time.GetTimestamp();

    private readonly ConcurrentDictionary<string, CancellationTokenSource> _jobs = new(StringComparer.Ordinal);

    public IReadOnlyCollection<string> Ids => [.. _jobs.Keys.Order(StringComparer.Ordinal)];

    /// <summary>How long none has been held, from the making of this at first; null while one is.</summary>
    public TimeSpan? Idle => _jobs.IsEmpty ? time.GetElapsedTime(Volatile.Read(ref _released)) : null;

    /// <summary>False when the job is held already: the server gave it out twice.</summary>
    public bool TryHold(string id) => _jobs.TryAdd(id, new CancellationTokenSource());

    /// <summary>Cancelled when the server wants the job stopped.</summary>
    public CancellationToken Stopped(string id) => _jobs[id].Token;

    public bool Stop(string id)
    {
        if (!_jobs.TryGetValue(id, out var job)) return false;
        job.Cancel();
        return true;
    }

    // Not disposed: a stop poll may be cancelling it at this moment, and a source without a timer holds nothing.
    public void Release(string id)
    {
        // Before it goes: who sees none held must not see the time of the one before.
        Volatile.Write(ref _released, time.GetTimestamp());
        _jobs.TryRemove(id, out _);
    }
}
