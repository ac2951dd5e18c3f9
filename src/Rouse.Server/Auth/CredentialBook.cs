using System.Data.Common;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Rouse.Core.Tenancy;
using Rouse.Server.Http;
using Rouse.Store;
using Rouse.Store.Tenants;

namespace Rouse.Server.Auth;

/// <summary>
/// Whose a credential is: HMAC, then memory, then the store. Never the key itself is kept, and no answer is older than
/// <see cref="CallerCache.Freshness"/>.
/// </summary>
internal sealed partial class CredentialBook(
    ApiKeys configured, KeyDigests digests, CallerCache cache, ApiKeyStore keys, TenantStore tenants, IdentityStore identities, TimeProvider time,
    ILogger<CredentialBook> logger, RunpodLogins? runpod = null)
{
    private static readonly Refusal s_unknown = new(ErrorCode.Unauthorized, "This key is not known here.");
    private static readonly Refusal s_revoked = new(ErrorCode.Unauthorized, "This key was revoked.");
    private static readonly Refusal s_expired = new(ErrorCode.Unauthorized, "This key has expired. Make a new one.");
    private static readonly Refusal s_disabled = new(ErrorCode.TenantDisabled, "The operator of this server has disabled your tenant.");

    public ValueTask<Identified> IdentifyAsync(string credential, Visitor visitor)
    {
        if (!Credential.IsWellFormed(credential)) return ValueTask.FromResult<Identified>(s_unknown);
        Span<byte> digest = stackalloc byte[KeyDigests.Bytes];
        digests.Write(credential, digest);
        return cache.Find(digest) is { } known
            ? ValueTask.FromResult<Identified>(WithKey(known, credential))
            : LookUpAsync(credential, digest.ToArray(), visitor);
    }

    private async ValueTask<Identified> LookUpAsync(string credential, byte[] digest, Visitor visitor)
    {
        var (generation, readAt) = (cache.Generation, time.GetTimestamp());
        var (found, expires) = configured.Find(credential) is { } named ? (named, null)
            : RouseKey.IsOne(credential) ? await OfThisServerAsync(credential, digest, visitor.Aborted)
            : runpod is not null && RunpodLogins.CouldBeOne(credential) ? (await runpod.IdentifyAsync(credential, digest, visitor), null)
            : (s_unknown, (DateTimeOffset?)null);
        if (found.Caller is not { } caller) return found;
        if (await tenants.GetAsync(caller.Tenant, visitor.Aborted) is { } tenant)
        {
            if (tenant.DisabledAt is not null) return s_disabled;
            caller = caller with { IsGuest = tenant.Kind == TenantKind.Guest, Account = caller.Account ?? tenant.Home };
        }

        if (caller.KeyId is not null && !(time.GetUtcNow() - caller.UsedAt < KeyUse.Coarseness)) await TouchAsync(caller, visitor.Aborted);

        cache.Remember(digest, caller, expires, generation, readAt);
        return WithKey(caller, credential);
    }

    /// <summary>Kept by the request alone, never by the cache.</summary>
    private static Caller WithKey(Caller caller, string credential) => caller.Credential == CredentialKind.RunpodKey ? caller with { RunpodKey = new Secret(credential) } : caller;

    private async ValueTask<(Identified Found, DateTimeOffset? Expires)> OfThisServerAsync(string credential, byte[] digest, CancellationToken ct)
    {
        if (!RouseKey.TryReadId(credential, out var id) || await keys.FindAsync(id, ct) is not { } key) return (s_unknown, null);
        if (!CryptographicOperations.FixedTimeEquals(key.Digest, digest)) return (s_unknown, null);
        var now = time.GetUtcNow();
        if (key.RevokedAt is not null) return (s_revoked, null);
        if (key.ExpiresAt <= now) return (s_expired, null);
        // Written by us, so it parses; should it not, it may do nothing.
        if (!Scopes.TryParse(key.Scopes.Split(' '), out var scopes)) return (s_unknown, null);
        return (new Caller(key.Tenant, scopes, CredentialKind.RouseKey) { KeyId = key.Id, UsedAt = key.UsedAt }, key.ExpiresAt);
    }

    /// <summary>That a key was used is good to know, and no reason to refuse it.</summary>
    private async ValueTask TouchAsync(Caller caller, CancellationToken ct)
    {
        try
        {
            if (caller.Credential == CredentialKind.RunpodKey) await identities.TouchAsync(caller.Tenant, caller.KeyId!, ct);
            else await keys.TouchAsync(caller.Tenant, caller.KeyId!, ct);
        }
        catch (Exception error) when (error is StorageException or DbException)
        {
            LogNotTouched(error);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "When a caller's key was used last could not be written down")]
    private partial void LogNotTouched(Exception error);
}

/// <summary>Where a credential comes from.</summary>
/// <param name="Address">The client's, as far as it is known: what counts its tries.</param>
internal readonly record struct Visitor(System.Net.IPAddress? Address, CancellationToken Aborted);
