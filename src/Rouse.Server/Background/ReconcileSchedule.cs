using System.Diagnostics.CodeAnalysis;
using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;

namespace Rouse.Server.Background;

internal readonly record struct DeploymentKey(TenantId Tenant, DeploymentId Id);

/// <summary>
/// Which deployment is looked at when: one entry each, one pass at a time each, and many hints become one pass. Times are measured on one
/// monotonic clock that the caller reads. Thread-safe.
/// </summary>
internal sealed class ReconcileSchedule
{
    private readonly Lock _gate = new();
    private readonly Dictionary<DeploymentKey, Entry> _entries = [];
    private readonly Dictionary<ProviderAccount, TimeSpan> _held = [];
    private readonly PriorityQueue<DeploymentKey, TimeSpan> _queue = new();

    /// <summary>Asks for a look at the given time or sooner. During a pass it is the next one that is asked for.</summary>
    public void Ask(DeploymentKey key, TimeSpan due)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue(key, out var entry)) _entries.Add(key, entry = new Entry());
            if (entry.Due is { } planned && planned <= due) return;
            entry.Due = due;
            if (!entry.Running) _queue.Enqueue(key, due);
        }
    }

    /// <summary>Asks only for what is not known yet.</summary>
    public void Add(DeploymentKey key, TimeSpan due)
    {
        lock (_gate)
        {
            if (!_entries.ContainsKey(key)) Ask(key, due);
        }
    }

    /// <summary>
    /// No pass of what is known to be on this account before that time: its key or its quota of calls failed, so all its deployments would fail alike.
    /// </summary>
    public void Hold(ProviderAccount account, TimeSpan until)
    {
        lock (_gate)
        {
            _held[account] = _held.TryGetValue(account, out var before) && before > until ? before : until;
        }
    }

    /// <summary>Takes one that is due; <see cref="Finish"/> must follow. False, with the time of the next one, when none is.</summary>
    public bool TryTake(TimeSpan now, [NotNullWhen(true)] out DeploymentKey? taken, out TimeSpan? next)
    {
        lock (_gate)
        {
            (taken, next) = (null, null);
            while (_queue.TryPeek(out var key, out var due))
            {
                if (due > now)
                {
                    next = due;
                    return false;
                }

                _queue.Dequeue();
                // Asked for earlier than it was queued for, it lies in the queue twice.
                if (!_entries.TryGetValue(key, out var entry) || entry.Running || entry.Due != due) continue;
                if (entry.Account is { } account && _held.TryGetValue(account, out var until))
                {
                    if (until > now)
                    {
                        entry.Due = until;
                        _queue.Enqueue(key, until);
                        continue;
                    }

                    _held.Remove(account);
                }

                (entry.Running, entry.Due) = (true, null);
                taken = key;
                return true;
            }

            return false;
        }
    }

    /// <summary>How often in a row the deployment's passes failed, this one included.</summary>
    public int CountFault(DeploymentKey key)
    {
        lock (_gate)
        {
            return ++_entries[key].Faults;
        }
    }

    /// <param name="next">When to look again, unless asked for sooner meanwhile; null forgets the deployment until it is asked for.</param>
    /// <param name="account">Where it turned out to be; null when the pass did not say.</param>
    public void Finish(DeploymentKey key, TimeSpan? next, bool failed, ProviderAccount? account = null)
    {
        lock (_gate)
        {
            var entry = _entries[key];
            entry.Account = account ?? entry.Account;
            entry.Running = false;
            if (!failed) entry.Faults = 0;
            if (entry.Due is null || next < entry.Due) entry.Due = next;
            if (entry.Due is { } due) _queue.Enqueue(key, due);
            else _entries.Remove(key);
        }
    }

    private sealed class Entry
    {
        public TimeSpan? Due { get; set; }

        public bool Running { get; set; }

        public int Faults { get; set; }

        public ProviderAccount? Account { get; set; }
    }
}
