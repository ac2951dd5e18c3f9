using System.Text;
using Microsoft.AspNetCore.DataProtection;
using Rouse.Core.Tenancy;

namespace Rouse.Server.Secrets;

/// <summary>Encrypts what the store keeps for a tenant. The purpose binds a ciphertext to its tenant, owner and kind: copied elsewhere it does not open.</summary>
internal sealed class SecretCipher(IDataProtectionProvider protection)
{
    public byte[] Encrypt(TenantId tenant, string owner, string kind, Secret secret) =>
        Protector(tenant, owner, kind).Protect(Encoding.UTF8.GetBytes(secret.Reveal(SecretPurpose.Encryption)));

    public Secret Decrypt(TenantId tenant, string owner, string kind, byte[] ciphertext) =>
        new(Encoding.UTF8.GetString(Protector(tenant, owner, kind).Unprotect(ciphertext)));

    private IDataProtector Protector(TenantId tenant, string owner, string kind) => protection.CreateProtector("rouse", tenant.Value, owner, kind);
}
