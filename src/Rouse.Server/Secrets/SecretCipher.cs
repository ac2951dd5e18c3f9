using System.Text;
using Microsoft.AspNetCore.DataProtection;
using Rouse.Core.Tenancy;
using Rouse.Store.Secrets;
using Secret = Rouse.Core.Tenancy.Secret;

namespace Rouse.Server.Secrets;

/// <summary>Encrypts what the store keeps for a tenant. The purpose binds a ciphertext to its tenant, owner and kind: copied elsewhere it does not open.</summary>
internal sealed class SecretCipher(IDataProtectionProvider protection)
{
    /// <summary>Data Protection writes the id of the key that was used into the ciphertext itself; this names the scheme.</summary>
    private const string KeyId = "data-protection";

    public SealedSecret Seal(TenantId tenant, string owner, string kind, Secret secret) =>
        new(kind, KeyId, Protector(tenant, owner, kind).Protect(Encoding.UTF8.GetBytes(secret.Reveal(SecretPurpose.Encryption))));

    public Secret Open(TenantId tenant, string owner, SealedSecret sealedSecret) =>
        new(Encoding.UTF8.GetString(Protector(tenant, owner, sealedSecret.Kind).Unprotect(sealedSecret.Ciphertext)));

    private IDataProtector Protector(TenantId tenant, string owner, string kind) => protection.CreateProtector("rouse", tenant.Value, owner, kind);
}

/// <summary>The words under which secrets of a deployment are kept.</summary>
internal static class SecretKinds
{
    public const string HubToken = "hf_token";

    /// <summary>Both keys of a tenant's object store.</summary>
    public const string StoreKeys = "s3_keys";
}
