using Rouse.Core.Tenancy;

namespace Rouse.Server.Features.Catalog;

/// <summary>
/// So many calls per tenant in any minute: a server that tells whether a key is good is a place to try stolen ones. Counted by this replica alone.
/// </summary>
internal sealed class CallBudget(TimeProvider time)
{
    /// <summary>Enough for a person who types; a list of keys takes hours.</summary>
    public const int Most = 10;

    /// <summary>Tenants remembered. Beyond it those are forgotten who have not called for a minute, and if that is nobody, nobody else may call.</summary>
    public const int MaxTenants = 10_000;

    public static readonly TimeSpan Window = TimeSpan.FromSeconds(60);

    private readonly Lock _gate = new();
    private readonly Dictionary<TenantId, Queue<long>> _calls = [];

    public bool TryTake(TenantId tenant)
    {
        lock (_gate)
        {
            if (!_calls.TryGetValue(tenant, out var mine))
            {
                if (_calls.Count >= MaxTenants) Forget();
                if (_calls.Count >= MaxTenants) return false;
                _calls[tenant] = mine = new Queue<long>(Most);
            }

            while (mine.TryPeek(out var oldest) && time.GetElapsedTime(oldest) >= Window) mine.Dequeue();
            if (mine.Count >= Most) return false;
            mine.Enqueue(time.GetTimestamp());
            return true;
        }
    }

    private void Forget()
    {
        foreach (var (tenant, _) in _calls.Where(entry => entry.Value.All(call => time.GetElapsedTime(call) >= Window)).ToList()) _calls.Remove(tenant);
    }
}
