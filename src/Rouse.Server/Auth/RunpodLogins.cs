using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.Server.Http;
using Rouse.Server.Secrets;
using Rouse.Store.Tenants;

namespace Rouse.Server.Auth;

/// <summary>
/// A Runpod key is an identity: checked with Runpod once, known by its digest from then on. Another key of the same account is the same tenant. What
/// Runpod refused is refused here for a while; when it cannot be asked, nobody new comes in.
/// </summary>
internal sealed partial class RunpodLogins(
    RunpodAccounts accounts, IdentityStore identities, AccountKeys sealedKeys, KeyChecksBudget budget, RejectedKeys rejected, ILogger<RunpodLogins> logger)
{
    private const string FirstName = "first seen as credential";

    private static readonly Refusal s_refused = new(ErrorCode.Unauthorized, "Runpod refuses this key, and it is no other key that is known here.");
    private static readonly Refusal s_revoked = new(ErrorCode.Unauthorized, "This key was revoked.");
    private static readonly Refusal s_tooMany = new(ErrorCode.TooManyKeyChecks, "Too many new keys were tried from your address. Wait a minute.", KeyChecksBudget.Window);
    private static readonly Refusal s_unchecked = new(ErrorCode.CredentialUnchecked, "Runpod cannot be asked about your key now. Try again in a few seconds.", TimeSpan.FromSeconds(5));

    private readonly ConcurrentDictionary<DigestKey, Lazy<Task<Identified>>> _running = new();

    /// <summary>Runpod's keys are letters, digits and underscores; what is anything else is not sent to anybody.</summary>
    public static bool CouldBeOne(string text) =>
        text.Length is >= 20 and <= 128 && !RouseKey.IsOne(text) && text.All(character => char.IsAsciiLetterOrDigit(character) || character is '_' or '-');

    public async ValueTask<Identified> IdentifyAsync(string credential, byte[] digest, Visitor visitor)
    {
        if (await identities.FindAsync(digest, visitor.Aborted) is { } known) return Caller(known, digest);
        if (rejected.Has(digest)) return s_refused;
        var key = DigestKey.Of(digest);
        if (!_running.TryGetValue(key, out var check))
        {
            if (!budget.TryTake(visitor.Address)) return s_tooMany;
            // Not the request's to cancel: others may wait for the same answer.
            check = _running.GetOrAdd(key, _ => new Lazy<Task<Identified>>(() => CheckAsync(new Secret(credential), digest)));
        }

        return await check.Value.WaitAsync(visitor.Aborted);
    }

    private async Task<Identified> CheckAsync(Secret key, byte[] digest)
    {
        try
        {
            var verdict = await accounts.CheckAsync(key, CancellationToken.None);
            if (verdict.Account is not { } account)
            {
                rejected.Add(digest);
                return s_refused;
            }

            var identity = await AddAsync(account, key);
            LogNew(identity.Id, identity.Tenant);
            await HealAsync(identity, key);
            return Caller(identity, digest);
        }
        catch (ProviderException fault)
        {
            LogUnchecked(fault.Message);
            return s_unchecked;
        }
        finally
        {
            // Whoever asks next finds it in the store, or is checked anew.
            _running.TryRemove(DigestKey.Of(digest), out _);
        }
    }

    private async ValueTask<IdentityRecord> AddAsync(string account, Secret key)
    {
        while (true)
        {
            var asked = accounts.Identity(GuestNames.Next(), account, FirstName, key);
            // Null: the new tenant's short name is another's. The next has another.
            if (await identities.AddAsync(asked, TenantKind.Guest, CancellationToken.None) is { } added) return added;
        }
    }

    /// <summary>What is deployed on the account is looked after with a key that Runpod may know no more: then this one takes its place.</summary>
    private async ValueTask HealAsync(IdentityRecord identity, Secret key)
    {
        if (await sealedKeys.FindAsync(identity.Tenant, identity.Account, CancellationToken.None) is not { } old || old.Equals(key)) return;
        if ((await accounts.CheckAsync(old, CancellationToken.None)).Account is null) await sealedKeys.PutAsync(identity.Tenant, identity.Account, key, CancellationToken.None);
    }

    private static Identified Caller(IdentityRecord identity, byte[] digest) =>
        identity.RevokedAt is not null || !CryptographicOperations.FixedTimeEquals(identity.Digest, digest)
            ? s_revoked
            : new Caller(identity.Tenant, Scopes.Tenant, CredentialKind.RunpodKey) { KeyId = identity.Id, Account = identity.Account, UsedAt = identity.UsedAt };

    [LoggerMessage(Level = LogLevel.Information, Message = "A new Runpod key is known as {Identity} of tenant {Tenant}")]
    private partial void LogNew(string identity, TenantId tenant);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A new key could not be checked: {Why}")]
    private partial void LogUnchecked(string why);
}
