using Rouse.Core.Tenancy;
using Rouse.Store.Tenants;

namespace Rouse.Server.Auth;

/// <summary>Makes keys: the text goes to the caller, its digest into the store.</summary>
internal sealed class KeyMaker(KeyDigests digests, ApiKeyStore keys, TimeProvider time)
{
    public const int MaxName = 64;

    public static bool IsName(string? name) => name is { Length: >= 1 and <= MaxName } && !name.Any(char.IsControl) && !name.Any(char.IsSurrogate) && name.Trim().Length > 0;

    /// <param name="life">From now on; null for ever.</param>
    /// <param name="most">Keys the tenant may have, this one included.</param>
    /// <returns>Null when it has as many already.</returns>
    public async ValueTask<(ApiKeyRecord Record, string Key)?> TryMakeAsync(
        TenantId tenant, string name, Scopes scopes, TimeSpan? life, int most, CancellationToken ct)
    {
        var (id, text) = RouseKey.Create();
        var now = DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());
        var record = new ApiKeyRecord(id, tenant, name, scopes.ToString(), digests.Of(text), Credential.Hint(text), now) { ExpiresAt = now + life };
        return await keys.TryInsertAsync(record, most, ct) ? (record, text) : null;
    }
}
