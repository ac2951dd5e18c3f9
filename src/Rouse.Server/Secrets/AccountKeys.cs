using Rouse.Core.Tenancy;
using Rouse.Store.Secrets;

namespace Rouse.Server.Secrets;

/// <summary>The sealed keys of tenants' provider accounts: one for each account, the newest that it was told.</summary>
internal sealed class AccountKeys(SecretStore secrets, SecretCipher cipher)
{
    public async ValueTask<Secret?> FindAsync(TenantId tenant, string account, CancellationToken ct) =>
        await secrets.GetAsync(tenant, account, ProviderKeys.Kind, ct) is { } found ? cipher.Open(tenant, account, found) : null;

    public ValueTask PutAsync(TenantId tenant, string account, Secret key, CancellationToken ct) =>
        secrets.PutAsync(tenant, account, cipher.Seal(tenant, account, ProviderKeys.Kind, key), ct);
}
