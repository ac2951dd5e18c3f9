using Rouse.Core.Tenancy;
using Rouse.Store.Tenants;

namespace Rouse.Server.Auth;

/// <summary>Makes keys: the text is for the caller, its digest for the store.</summary>
internal sealed class KeyMaker(KeyDigests digests, TimeProvider time)
{
    public const int MaxName = 64;

    public static bool IsName(string? name) => name is { Length: >= 1 and <= MaxName } && !name.Any(char.IsControl) && !name.Any(char.IsSurrogate) && name.Trim().Length > 0;

    /// <param name="life">From now on; null for ever.</param>
    /// <returns>What the store is to have of it, and the key itself.</returns>
    public (ApiKeyRecord Record, string Key) Make(TenantId tenant, string name, Scopes scopes, TimeSpan? life)
    {
        var (id, text) = RouseKey.Create();
        var now = DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());
        return (new ApiKeyRecord(id, tenant, name, scopes.ToString(), digests.Of(text), Credential.Hint(text), now) { ExpiresAt = now + life }, text);
    }
}
