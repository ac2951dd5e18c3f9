using System.Collections.Concurrent;

namespace Rouse.Worker.Protocol;

/// <summary>Ids this worker holds, from take until the result is accepted: what pings list and stop polls may cancel.</summary>
internal sealed class RunningJobs(TimeProvider time)
{
    /// <summary>
    /// For which a stop of a job that is not held is remembered: it may have overtaken the answer that gives the job out. Long enough for a machine that is slow, and shorter than
    /// any lease after which the same job could be given out again.
    /// </summary>
    public static readonly TimeSpan Early = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, CancellationTokenSource> _jobs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _early = new(StringComparer.Ordinal);
    private long _released = time.GetTimestamp();

    public IReadOnlyCollection<string> Ids => [.. _jobs.Keys.Order(StringComparer.Ordinal)];

    /// <summary>How long none has been held, from the making of this at first; null while one is.</summary>
    public TimeSpan? Idle => _jobs.IsEmpty ? time.GetElapsedTime(Volatile.Read(ref _released)) : null;

    /// <summary>False when the job is held already: the server gave it out twice.</summary>
    public bool TryHold(string id)
    {
        lock (_gate)
        {
            var job = new CancellationTokenSource();
            if (!_jobs.TryAdd(id, job)) return false;
            if (_early.Remove(id, out var at) && time.GetElapsedTime(at) < Early) job.Cancel();
            return true;
        }
    }

    /// <summary>Cancelled when the server wants the job stopped.</summary>
    public CancellationToken Stopped(string id) => _jobs[id].Token;

    /// <returns>False when it is not held; one that comes soon is stopped nevertheless.</returns>
    public bool Stop(string id)
    {
        CancellationTokenSource? job;
        lock (_gate)
        {
            if (!_jobs.TryGetValue(id, out job))
            {
                foreach (var (old, at) in _early)
                {
                    if (time.GetElapsedTime(at) >= Early) _early.Remove(old);
                }

                _early[id] = time.GetTimestamp();
                return false;
            }
        }

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
