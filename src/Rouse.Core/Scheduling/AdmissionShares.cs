using Rouse.Core.Tenancy;

namespace Rouse.Core.Scheduling;

/// <summary>What each tenant's held requests take, over all deployments. The one thing that machines share, so it alone is safe to use from many threads.</summary>
public sealed class AdmissionShares(AdmissionLimits limits)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TenantId, (int Places, long Bytes)> _taken = [];

    public bool TryTake(TenantId tenant, long bytes)
    {
        lock (_gate)
        {
            var (places, taken) = _taken.GetValueOrDefault(tenant);
            if (places >= limits.TenantPlaces || bytes > limits.TenantBytes - taken) return false;
            _taken[tenant] = (places + 1, taken + bytes);
            return true;
        }
    }

    public void Return(TenantId tenant, long bytes)
    {
        lock (_gate)
        {
            var (places, taken) = _taken[tenant];
            if (places == 1) _taken.Remove(tenant);
            else _taken[tenant] = (places - 1, taken - bytes);
        }
    }

    public (int Places, long Bytes) Of(TenantId tenant)
    {
        lock (_gate) return _taken.GetValueOrDefault(tenant);
    }
}
