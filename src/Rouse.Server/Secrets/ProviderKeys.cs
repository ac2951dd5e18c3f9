using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.Server.Background;
using Rouse.Store.Secrets;

namespace Rouse.Server.Secrets;

/// <summary>
/// Opens the key of an account when it is needed. A key that a caller brought lies sealed under the account's name and stays there: what lives at the
/// provider can only be removed with it.
/// </summary>
/// <param name="runpod">The server's own key; null when it has none.</param>
internal sealed class ProviderKeys(Secret? runpod, SecretStore secrets, SecretCipher cipher)
{
    public const string Kind = "provider_key";

    /// <summary>The account of a server that has a key of its own.</summary>
    private const string OwnAccount = "server";

    public bool HasRunpodKey => runpod is not null;

    /// <exception cref="ProviderException"><see cref="ProviderFault.Unauthorized"/>: there is no such key.</exception>
    public async ValueTask<ProviderAccess> OpenAsync(ProviderAccount account, bool needsKey, CancellationToken ct)
    {
        if (!needsKey) return new ProviderAccess(account.Tenant, Key: null);
        if (account.Account is not { } name)
        {
            return runpod is not null
                ? new ProviderAccess(account.Tenant, runpod, OwnAccount)
                : throw new ProviderException(ProviderFault.Unauthorized, "This server has no Runpod key any more. Start it with RUNPOD_API_KEY again, or its backends stay unreachable.");
        }

        return await secrets.GetAsync(account.Tenant, name, Kind, ct) is { } found
            ? new ProviderAccess(account.Tenant, cipher.Open(account.Tenant, name, found), name)
            : throw new ProviderException(ProviderFault.Unauthorized, "The key of this deployment's Runpod account is not known any more.");
    }
}
