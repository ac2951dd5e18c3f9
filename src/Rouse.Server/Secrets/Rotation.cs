using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.Logging;
using Rouse.Core.Tenancy;
using Rouse.Store;
using Rouse.Store.Secrets;

namespace Rouse.Server.Secrets;

/// <summary>
/// Puts everything that is sealed under a new key, and the keys under the present master key. Where it stands is in the rows themselves, so a killed
/// one is gone on with by asking again, and one that is asked for twice at once does the same work twice and no harm.
/// </summary>
internal sealed partial class Rotation(
    SealedKeyStore keys, SealedRows rows, SettingStore settings, SecretCipher cipher, KeyRing ring, MasterKeys masters, TimeProvider time, ILogger<Rotation> logger)
{
    /// <summary>Rows read and written at once: a short transaction, so that others' writes hardly wait.</summary>
    public const int Batch = 100;

    /// <summary>
    /// How long an old key stays although nothing needs it: replicas look at the ring once a day, and one that has not yet may still seal with it.
    /// </summary>
    public static readonly TimeSpan Patience = TimeSpan.FromDays(2);

    /// <summary>When the rotation that is under way began, in the store's settings; absent when there is none.</summary>
    private const string Setting = "rotation";

    /// <param name="most">Rows to seal anew, about; more are left to the next call.</param>
    public async ValueTask<RotationStep> StepAsync(int most, CancellationToken ct)
    {
        var resealed = await ResealKeysAsync(ct);
        if (await settings.GetAsync(Setting, ct) is not { Length: > 0 })
        {
            // The key first: killed here, the next call makes another, and this one goes when its time has come.
            LogBegun(ring.Renew().KeyId);
            await settings.SetAsync(Setting, time.GetUtcNow().ToString("O"), ct);
        }

        var target = TargetKey();
        var (done, unreadable, atEnd) = await RenewSecretsAsync(target, most, ct);
        if (!atEnd) return new RotationStep(target, done, unreadable, resealed, Removed: 0, IsOver: false);
        var (jobs, jobKeys) = await RenewJobsAsync(target, ct);
        var removed = unreadable == 0 ? await RemoveKeysAsync(target, jobKeys, ct) : 0;
        await settings.SetAsync(Setting, "", ct);
        LogOver(target, done + jobs, unreadable, removed);
        return new RotationStep(target, done + jobs, unreadable, resealed, removed, IsOver: true);
    }

    private async ValueTask<int> ResealKeysAsync(CancellationToken ct)
    {
        var old = (await keys.ListAsync(ct)).Where(key => key.MasterKeyId != masters.Present.Id).ToList();
        if (old.Count > 0) await keys.ResealAsync(old.ConvertAll(key => masters.Seal(key.Name, masters.Open(key))), ct);
        return old.Count;
    }

    /// <summary>The key that seals now, as a ciphertext names it.</summary>
    private string TargetKey() => SecretCipher.KeyId(cipher.SealForJob([]));

    private async ValueTask<(int Done, int Unreadable, bool AtEnd)> RenewSecretsAsync(string target, int most, CancellationToken ct)
    {
        var (done, unreadable) = (0, 0);
        SealedRow? last = null;
        while (done < most)
        {
            var batch = await rows.ListNotSealedWithAsync(target, last, Batch, ct);
            if (batch.Count == 0) return (done, unreadable, true);
            last = batch[^1];
            List<(SealedRow, SealedSecret)> renewed = [];
            foreach (var row in batch)
            {
                try
                {
                    renewed.Add((row, cipher.Seal(row.Tenant, row.Owner, row.Secret.Kind, cipher.Open(row.Tenant, row.Owner, row.Secret))));
                }
                catch (CryptographicException error)
                {
                    unreadable++;
                    LogUnreadable(row.Secret.Kind, row.Owner, error);
                }
            }

            done += await rows.ReplaceAsync(renewed, ct);
        }

        return (done, unreadable, false);
    }

    /// <returns>How many, and the keys of those that could not be opened and so still need theirs.</returns>
    private async ValueTask<(int Done, HashSet<string> Keys)> RenewJobsAsync(string target, CancellationToken ct)
    {
        var done = 0;
        HashSet<string> needed = new(StringComparer.Ordinal);
        SealedJobRow? last = null;
        while (await rows.ListJobsAsync(last, Batch, ct) is { Count: > 0 } batch)
        {
            last = batch[^1];
            List<(SealedJobRow, byte[])> renewed = [];
            foreach (var row in batch.Where(row => SecretCipher.KeyId(row.Ciphertext) != target))
            {
                try
                {
                    renewed.Add((row, cipher.SealForJob(cipher.OpenForJob(row.Ciphertext))));
                }
                catch (CryptographicException)
                {
                    needed.Add(SecretCipher.KeyId(row.Ciphertext));
                }
            }

            done += await rows.ReplaceJobsAsync(renewed, ct);
        }

        return (done, needed);
    }

    private async ValueTask<int> RemoveKeysAsync(string target, HashSet<string> needed, CancellationToken ct)
    {
        var all = ring.GetAllKeys();
        var sealing = all.FirstOrDefault(key => SecretCipher.NameOf(key.KeyId) == target);
        var removed = 0;
        foreach (var key in all.Where(key => IsUnused(key, sealing, needed)))
        {
            // Looked at once more, key by key: a row may have come since.
            if (await rows.NeedsAsync(SecretCipher.NameOf(key.KeyId), ct)) continue;
            await keys.RemoveAsync(SealedKeyRing.NameOf(key.KeyId), ct);
            removed++;
        }

        if (removed > 0) ring.Refresh();
        return removed;
    }

    private bool IsUnused(IKey key, IKey? sealing, HashSet<string> needed) =>
        sealing is not null && key.CreationDate < sealing.CreationDate && time.GetUtcNow() - sealing.CreationDate >= Patience && !needed.Contains(SecretCipher.NameOf(key.KeyId));

    [LoggerMessage(Level = LogLevel.Information, Message = "Secrets are sealed anew with key {Key}")]
    private partial void LogBegun(Guid key);

    [LoggerMessage(Level = LogLevel.Information, Message = "All secrets are sealed with {Key}: {Done} were sealed anew, {Unreadable} cannot be opened, {Removed} old keys were removed")]
    private partial void LogOver(string key, int done, int unreadable, int removed);

    [LoggerMessage(Level = LogLevel.Error, Message = "The sealed {Kind} of {Owner} cannot be opened; it stays as it is")]
    private partial void LogUnreadable(string kind, string owner, Exception error);
}

/// <param name="Key">What everything is to be sealed with.</param>
/// <param name="Done">Secrets sealed anew by this step.</param>
/// <param name="Resealed">Keys put under the present master key.</param>
/// <param name="Removed">Old keys that nothing needed any more.</param>
internal sealed record RotationStep(string Key, int Done, int Unreadable, int Resealed, int Removed, bool IsOver);
