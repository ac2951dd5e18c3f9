using System.Text;
using Microsoft.AspNetCore.DataProtection;
using Rouse.Core.Tenancy;
using Rouse.Store.Secrets;
using Secret = Rouse.Core.Tenancy.Secret;

namespace Rouse.Server.Secrets;

/// <summary>Encrypts what the store keeps for a tenant. The purpose binds a ciphertext to its tenant, owner and kind: copied elsewhere it does not open.</summary>
internal sealed class SecretCipher(IDataProtectionProvider protection)
{
    private readonly IDataProtector _jobs = protection.CreateProtector("rouse", "jobs", "s3Config");

    public SealedSecret Seal(TenantId tenant, string owner, string kind, Secret secret)
    {
        var ciphertext = Protector(tenant, owner, kind).Protect(Encoding.UTF8.GetBytes(secret.Reveal(SecretPurpose.Encryption)));
        return new SealedSecret(kind, KeyId(ciphertext), ciphertext);
    }

    public Secret Open(TenantId tenant, string owner, SealedSecret sealedSecret) =>
        new(Encoding.UTF8.GetString(Protector(tenant, owner, sealedSecret.Kind).Unprotect(sealedSecret.Ciphertext)));

    /// <summary>The object store's keys that a caller sent with a job.</summary>
    public byte[] SealForJob(byte[] s3Config) => _jobs.Protect(s3Config);

    public byte[] OpenForJob(byte[] ciphertext) => _jobs.Unprotect(ciphertext);

    /// <summary>Which key of the ring sealed it, as the store's <c>key_id</c> tells it.</summary>
    public static string KeyId(byte[] ciphertext) => KeyRing.KeyOf(ciphertext) is { } key ? NameOf(key) : "unknown";

    public static string NameOf(Guid key) => $"dp:{key:N}";

    private IDataProtector Protector(TenantId tenant, string owner, string kind) => protection.CreateProtector("rouse", tenant.Value, owner, kind);
}

/// <summary>The words under which secrets of a deployment are kept.</summary>
internal static class SecretKinds
{
    public const string HubToken = "hf_token";

    /// <summary>Both keys of a tenant's object store.</summary>
    public const string StoreKeys = "s3_keys";
}
