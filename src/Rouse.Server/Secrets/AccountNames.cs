using System.Security.Cryptography;
using System.Text;
using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;
using Rouse.Store.Deployments;

namespace Rouse.Server.Secrets;

/// <summary>Names that stand for secrets: equal for equal secrets of one installation, and of no use to anybody who reads them.</summary>
/// <param name="key">See <see cref="Vault.InstallationKey"/>.</param>
internal sealed class AccountNames(byte[] key)
{
    /// <summary>The account a provider's key opens.</summary>
    public string Of(Secret account) => "account-" + Digest("account", account.Reveal(SecretPurpose.Encryption))[..32];

    /// <summary>An account whose id the provider tells: all its keys open the same.</summary>
    public string OfOwner(string provider, string id) => "account-" + Digest("owner", $"{provider}|{id}")[..32];

    /// <summary>Equal for deployments of a tenant that one backend can serve: what the user calls them, and where they tell of it, makes no difference.</summary>
    public string WarmKey(DeploymentSpec spec, Secret? hubToken) =>
        Digest("warm", DeploymentStore.Fingerprint(spec with { Name = null, WebhookUrl = null, WebhookEvents = null }) + "|" + hubToken?.Reveal(SecretPurpose.Encryption));

    /// <summary>A tenant's folder in an object store. It stays while keys change, and tells nobody the tenant.</summary>
    public string TenantFolder(TenantId tenant) => Digest("cache", tenant.Value)[..32];

    private string Digest(string purpose, string text) => Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{purpose}|{text}")));
}
