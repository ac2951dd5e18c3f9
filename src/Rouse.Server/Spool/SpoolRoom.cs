using Rouse.Core.Tenancy;
using Rouse.Store.Jobs;

namespace Rouse.Server.Spool;

/// <summary>
/// Who may take how much of the spool: what the store counts, and what was claimed here since. A body is claimed before it is written, so that the disk is never full of
/// what was let in.
/// </summary>
/// <param name="disk">Asked anew each time: others write to it, too.</param>
internal sealed class SpoolRoom(ServiceJobStore store, SpoolLimits limits, TimeProvider time, Func<DiskSpace> disk) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _counting = new(1, 1);
    private readonly HashSet<SpoolClaim> _settled = [];
    private readonly Dictionary<TenantId, long> _claimed = [];
    private IReadOnlyDictionary<TenantId, long> _counted = new Dictionary<TenantId, long>();
    private long _countedAt;
    private int _counts;
    private long _unwritten;

    /// <summary>Looks whether so many bytes, or what will come of a body of unknown length, may be kept, and claims them.</summary>
    /// <param name="bytes">0 where the length is not known.</param>
    public async ValueTask<SpoolClaim> ClaimAsync(TenantId tenant, long bytes, CancellationToken ct)
    {
        await CountAsync(limits.CountEvery, ct);
        var claim = new SpoolClaim(this, tenant);
        if (TryGrow(claim, bytes)) return claim;
        await CountAsync(limits.CountBeforeRefusal, ct);
        TryGrow(claim, bytes);
        return claim;
    }

    /// <summary>A claim of nothing yet, which grows by what was counted last.</summary>
    public SpoolClaim Open(TenantId tenant) => new(this, tenant);

    public void Dispose() => _counting.Dispose();

    /// <returns>Whether the claim covers so many bytes.</returns>
    internal bool TryGrow(SpoolClaim claim, long bytes)
    {
        lock (_gate)
        {
            var more = bytes - claim.Bytes;
            // What was let in is not sent away half-way.
            if (more <= 0 && bytes > 0) return true;
            claim.Refusal = RefusalOf(claim.Tenant, more);
            if (claim.Refusal is not null) return false;
            claim.Bytes += more;
            _unwritten += more;
            _claimed[claim.Tenant] = _claimed.GetValueOrDefault(claim.Tenant) + more;
            return true;
        }
    }

    internal void Write(SpoolClaim claim, long bytes)
    {
        lock (_gate)
        {
            _unwritten -= bytes - claim.Written;
            claim.Written = bytes;
        }
    }

    /// <summary>From the next count on the store has it.</summary>
    internal void Settle(SpoolClaim claim)
    {
        lock (_gate)
        {
            claim.SettledIn = _counts;
            _settled.Add(claim);
        }
    }

    internal void GiveBack(SpoolClaim claim)
    {
        lock (_gate)
        {
            _unwritten -= claim.Bytes - claim.Written;
            claim.Written = claim.Bytes;
            if (!_settled.Contains(claim)) Forget(claim);
        }
    }

    private void Forget(SpoolClaim claim)
    {
        var left = _claimed.GetValueOrDefault(claim.Tenant) - claim.Bytes;
        if (left > 0) _claimed[claim.Tenant] = left;
        else _claimed.Remove(claim.Tenant);
        claim.Bytes = 0;
        claim.Written = 0;
    }

    private SpoolRefusal? RefusalOf(TenantId tenant, long more)
    {
        if (_counted.Values.Sum() + _claimed.Values.Sum() + more > limits.MaxTotal) return SpoolRefusal.Full;
        if (_counted.GetValueOrDefault(tenant) + _claimed.GetValueOrDefault(tenant) + more > (long)(limits.MaxTotal * limits.TenantShare)) return SpoolRefusal.Share;
        var (free, size) = disk();
        return free - _unwritten - more < Math.Min(limits.Reserve, (long)(size * limits.ReserveShare)) ? SpoolRefusal.Full : null;
    }

    /// <summary>Has the store count, unless it did lately. Who comes while it counts goes by what was counted before.</summary>
    private async ValueTask CountAsync(TimeSpan age, CancellationToken ct)
    {
        if (IsFresh(age)) return;
        if (Volatile.Read(ref _countedAt) == 0) await _counting.WaitAsync(ct);
        else if (!await _counting.WaitAsync(TimeSpan.Zero, ct)) return;
        try
        {
            if (IsFresh(age)) return;
            var count = Interlocked.Increment(ref _counts);
            var counted = await store.SpooledAsync(ct);
            lock (_gate)
            {
                _counted = counted;
                // What was settled since this count began may or may not be in it: it is counted twice until the next one.
                foreach (var claim in _settled.Where(claim => claim.SettledIn < count).ToList())
                {
                    _settled.Remove(claim);
                    Forget(claim);
                }
            }

            Volatile.Write(ref _countedAt, time.GetTimestamp());
        }
        finally
        {
            _counting.Release();
        }
    }

    private bool IsFresh(TimeSpan age) => Volatile.Read(ref _countedAt) is var at and > 0 && time.GetElapsedTime(at) < age;
}
