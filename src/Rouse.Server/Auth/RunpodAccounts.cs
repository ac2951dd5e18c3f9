using System.Security.Cryptography;
using Rouse.Core;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.Providers.Runpod;
using Rouse.Server.Secrets;
using Rouse.Store.Tenants;

namespace Rouse.Server.Auth;

/// <summary>What Runpod says of a key: whether it is good, and whose.</summary>
/// <param name="check">With a client of its own: guessed keys must not push those of real accounts out of its memory.</param>
internal sealed class RunpodAccounts(RunpodAccountCheck check, KeyDigests digests, AccountNames names, TimeProvider time)
{
    public const string Provider = "runpod";

    /// <summary>A caller waits for an answer; Runpod answers such calls within a second or two.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <exception cref="ProviderException">Runpod could not be asked: the key may be good.</exception>
    public async Task<RunpodVerdict> CheckAsync(Secret key, CancellationToken ct)
    {
        using var timer = new CancellationTokenSource(s_patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, timer.Token);
        try
        {
            var state = await check.CheckAsync(key, either.Token);
            if (!state.IsValid) return new RunpodVerdict(Account: null, state.Message);
            var owner = await check.OwnerAsync(key, either.Token);
            return new RunpodVerdict(owner is null ? names.Of(key) : names.OfOwner(Provider, owner), state.Message);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new ProviderException(ProviderFault.Unknown, "Runpod did not say in time whether it knows this key.");
        }
    }

    /// <param name="tenant">Whose it is to be if it is nobody's yet.</param>
    public IdentityRecord Identity(TenantId tenant, string account, string name, Secret key)
    {
        var text = key.Reveal(SecretPurpose.Encryption);
        var id = "rpk_" + Ids.Encode(RandomNumberGenerator.GetBytes(Ids.RandomBytes));
        return new IdentityRecord(id, Provider, tenant, account, name, digests.Of(text), Credential.Hint(text), time.GetUtcNow());
    }
}

/// <param name="Account">The name of the account it opens; null when Runpod refuses it.</param>
/// <param name="Message">For the user; never tells the key.</param>
internal sealed record RunpodVerdict(string? Account, string Message);
