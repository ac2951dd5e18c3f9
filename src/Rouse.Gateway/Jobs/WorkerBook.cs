using Rouse.Core.Jobs;
using Rouse.Core.Ports;

namespace Rouse.Gateway.Jobs;

/// <summary>The workers of one deployment: when each was last heard of, what it is to stop, and whether it still gets jobs.</summary>
internal sealed class WorkerBook(JobLimits limits)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, WorkerEntry> _workers = new(StringComparer.Ordinal);

    public int Count
    {
        get
        {
            lock (_gate) return _workers.Count;
        }
    }

    /// <summary>Notes a sign of life.</summary>
    /// <param name="name">The worker.</param>
    /// <param name="now">The time.</param>
    /// <param name="note">Changes the entry; answers whether others should know.</param>
    /// <param name="entry">The worker's entry.</param>
    /// <returns>Whether others should know: the worker is new, or the note says so.</returns>
    public bool See(string name, DateTimeOffset now, Func<WorkerEntry, bool>? note, out WorkerEntry entry)
    {
        lock (_gate)
        {
            var known = _workers.TryGetValue(name, out entry!);
            if (!known)
            {
                if (_workers.Count >= limits.MaxWorkers) Forget(_workers.MinBy(pair => pair.Value.LastSeen).Key);
                _workers[name] = entry = new WorkerEntry(limits.MaxStops) { LastBusy = now };
            }

            entry.LastSeen = now;
            return (note?.Invoke(entry) ?? false) || !known;
        }
    }

    public WorkerEntry? Find(string name)
    {
        lock (_gate) return _workers.GetValueOrDefault(name);
    }

    /// <summary>The worker is gone; its open polls return.</summary>
    public void Remove(string name)
    {
        lock (_gate) Forget(name);
    }

    /// <summary>Forgets whoever has been silent since <paramref name="before"/>.</summary>
    public bool RemoveSilent(DateTimeOffset before)
    {
        lock (_gate)
        {
            var silent = _workers.Where(pair => pair.Value.LastSeen < before).Select(pair => pair.Key).ToList();
            silent.ForEach(Forget);
            return silent.Count > 0;
        }
    }

    public Dictionary<string, WorkerSighting> Sightings()
    {
        lock (_gate) return _workers.Where(pair => !pair.Value.IsRelay).ToDictionary(pair => pair.Key, pair => pair.Value.ToSighting(), StringComparer.Ordinal);
    }

    private void Forget(string name)
    {
        if (_workers.Remove(name, out var entry)) entry.Close();
    }
}

/// <summary>One worker. Its sightings are guarded by the book.</summary>
internal sealed class WorkerEntry(int maxStops)
{
    private readonly HashSet<JobId> _stops = [];
    private readonly CancellationTokenSource _closed = new();

    public DateTimeOffset LastSeen { get; set; }

    public DateTimeOffset LastBusy { get; set; }

    public bool Ready { get; set; }

    /// <summary>It hands its jobs on and is no worker.</summary>
    public bool IsRelay { get; set; }

    public long Finished { get; set; }

    public string? Unhealthy { get; set; }

    public bool Recycle { get; set; }

    /// <summary>Cancelled when the worker gets no more jobs: its open polls return.</summary>
    public CancellationToken Closed => _closed.Token;

    /// <summary>Fires when a job is to be stopped.</summary>
    public Pulse StopNews { get; } = new();

    public void Close() => _closed.Cancel();

    public void Stop(IReadOnlyList<JobId> jobs)
    {
        if (jobs.Count == 0) return;
        lock (_stops)
        {
            foreach (var job in jobs)
            {
                if (_stops.Count < maxStops) _stops.Add(job);
            }
        }

        StopNews.Fire();
    }

    /// <summary>The worker has been given these anew: an earlier wish to stop them is void.</summary>
    public void DoNotStop(IEnumerable<JobId> jobs)
    {
        lock (_stops) _stops.ExceptWith(jobs);
    }

    public IReadOnlyList<JobId> TakeStops()
    {
        lock (_stops)
        {
            JobId[] stops = [.. _stops];
            _stops.Clear();
            return stops;
        }
    }

    public WorkerSighting ToSighting() => new(LastSeen, LastBusy, Ready, Finished, Unhealthy) { Recycle = Recycle };
}
