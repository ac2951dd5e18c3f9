using System.Collections.Concurrent;
using Rouse.Contracts.Secrecy;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.Server.Auth;
using Rouse.Server.Background;
using Rouse.Store.Deployments;
using Rouse.Store.Secrets;

namespace Rouse.Server.Secrets;

/// <summary>
/// What must not be read in a deployment's log: every secret that is kept for it, those of its attempt, what the operator gives all workers, and the key of its provider account. Workers
/// hide theirs themselves; this is for workers that are not ours, or are broken.
/// </summary>
internal sealed class DeploymentMasks(
    DeploymentStore store, SecretStore secrets, SecretCipher cipher, ProviderKeys keys, AttemptTokens tokens, CallbackSecrets callbacks, OperatorVariables operators, TimeProvider time)
{
    /// <summary>How long a key that was exchanged meanwhile may be looked for in vain.</summary>
    private static readonly TimeSpan s_freshness = TimeSpan.FromSeconds(60);

    /// <summary>Masks kept; beyond it all are made anew as needed.</summary>
    private const int MaxEntries = 1_000;

    private readonly ConcurrentDictionary<DeploymentId, (SecretMask Mask, long MadeAt)> _made = new();

    public async ValueTask<SecretMask> ForAsync(TenantId tenant, DeploymentId id, CancellationToken ct)
    {
        if (_made.TryGetValue(id, out var entry) && time.GetElapsedTime(entry.MadeAt) < s_freshness) return entry.Mask;
        var madeAt = time.GetTimestamp();
        if (await store.LoadAsync(tenant, id, ct) is not { } row) return SecretMask.Shapes;
        List<Secret> known = [tokens.For(id, row.Attempt), new Secret(callbacks.For(id, row.Attempt).Reveal()), .. operators.Values];
        foreach (var sealedSecret in await secrets.ListAsync(tenant, id.Value, ct))
        {
            var opened = cipher.Open(tenant, id.Value, sealedSecret);
            if (sealedSecret.Kind != ServiceVariables.Kind) known.Add(opened);
            else known.AddRange(ServiceVariables.Split(opened, SecretPurpose.Masking).Values.Where(static value => value.Length > 0).Select(static value => new Secret(value)));
        }

        if (await AccountKeyAsync(row, ct) is { } key) known.Add(key);
        var mask = new SecretMask(known.Select(static secret => secret.Reveal(SecretPurpose.Masking)));
        if (_made.Count >= MaxEntries) _made.Clear();
        _made[id] = (mask, madeAt);
        return mask;
    }

    private async ValueTask<Secret?> AccountKeyAsync(DeploymentState row, CancellationToken ct)
    {
        try
        {
            return (await keys.OpenAsync(new ProviderAccount(row.Tenant, row.Spec.Provider, row.Spec.Account), needsKey: row.Spec.Provider is not ("local" or "external"), ct)).Key;
        }
        catch (ProviderException)
        {
            // There is no such key any more, so no worker can know it from us.
            return null;
        }
    }
}
