using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.Server.Background;
using Rouse.Server.Secrets;
using Rouse.Store.Deployments;

namespace Rouse.Server.Features.Tenants;

/// <summary>
/// Puts a tenant's new key in place of older ones: on its own account, and on every account of the tenant whose living backends it shows, all of them.
/// What a key sees by their ids it can also remove, so nothing is left behind that no key opens.
/// </summary>
internal sealed class KeyRotation(ReconcilePorts ports, DeploymentStore store, AccountKeys keys, TimeProvider time)
{
    public async ValueTask PutAsync(TenantId tenant, string account, Secret key, CancellationToken ct)
    {
        await keys.PutAsync(tenant, account, key, ct);
        var others = (await store.ListBackendsAsync(tenant, ct)).Where(one => one.Account.Account != account).GroupBy(one => one.Account.Account!, StringComparer.Ordinal);
        foreach (var other in others)
        {
            if (await ShowsAllAsync(tenant, other, key, ct)) await keys.PutAsync(tenant, other.Key, key, ct);
        }
    }

    private async ValueTask<bool> ShowsAllAsync(TenantId tenant, IGrouping<string, AccountBackend> account, Secret key, CancellationToken ct)
    {
        var access = new ProviderAccess(tenant, key, account.Key);
        foreach (var kind in account.GroupBy(one => one.Account.Provider, StringComparer.Ordinal))
        {
            if (!ports.Providers.TryGetValue(kind.Key, out var provider) || !provider.Traits.NeedsKey) return false;
            try
            {
                var prefix = OwnerPrefix.For(ports.Installation, tenant);
                var listed = await BoundedCall.RunAsync(token => provider.ListOwnedAsync(prefix, access, token), provider.Traits.CallTimeout, time, ct);
                if (kind.Any(one => listed.All(backend => backend.Id != one.Backend))) return false;
            }
            catch (ProviderException)
            {
                // Not shown is not proven: the older key stays.
                return false;
            }
        }

        return true;
    }
}
