using System.Security.Cryptography;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using Rouse.Store;
using Rouse.Store.Secrets;

namespace Rouse.Server.Secrets;

/// <summary>Opens the keys of an installation before anything else starts: with the wrong master key a server must not start, let alone make new keys.</summary>
internal static class Vault
{
    /// <summary>The installation's own 32 bytes, from which secrets of attempts and names of accounts are derived.</summary>
    public const string InstallationKey = "installation";

    /// <summary>What releases before kept in the open, in the folder of keys.</summary>
    private const string OldInstallationFile = "attempts.key";

    /// <returns>The master keys, and the installation's key.</returns>
    /// <exception cref="RouseHostException">The keys there are cannot be opened.</exception>
    public static async ValueTask<(MasterKeys Masters, byte[] Installation)> OpenAsync(Database database, RouseHostOptions options, DataFolder folder, CancellationToken ct)
    {
        var store = new SealedKeyStore(database, options.Time);
        var known = await store.ListAsync(ct);
        var masters = MasterKeys.Load(options, folder, keysExist: known.Count > 0);
        foreach (var key in known) masters.Open(key);
        await AdoptRingAsync(store, masters, folder, ct);
        return (masters, await InstallationKeyAsync(store, masters, folder, ct));
    }

    private static async ValueTask<byte[]> InstallationKeyAsync(SealedKeyStore store, MasterKeys masters, DataFolder folder, CancellationToken ct)
    {
        var file = Path.Combine(folder.Keys, OldInstallationFile);
        var bytes = File.Exists(file) ? await File.ReadAllBytesAsync(file, ct) : RandomNumberGenerator.GetBytes(MasterKey.Bytes);
        if (bytes.Length != MasterKey.Bytes)
        {
            throw new RouseHostException($"{file} does not hold {MasterKey.Bytes} bytes. Restore it from a backup, or delete it to end all running workers and start anew.");
        }

        var key = masters.Open(await store.GetOrAddAsync(masters.Seal(InstallationKey, bytes), ct));
        // Only now, when it is durable where it belongs. On several replicas the first one's stays; another's was good for its own workers only.
        File.Delete(file);
        return key;
    }

    /// <summary>Seals the ring that an earlier release wrote as files, and removes these. Killed half-way, the next start goes on.</summary>
    private static async ValueTask AdoptRingAsync(SealedKeyStore store, MasterKeys masters, DataFolder folder, CancellationToken ct)
    {
        foreach (var path in Directory.EnumerateFiles(folder.Keys, "*.xml").Order(StringComparer.Ordinal))
        {
            try
            {
                var element = XElement.Parse(await File.ReadAllTextAsync(path, Encoding.UTF8, ct));
                await store.GetOrAddAsync(SealedKeyRing.Seal(masters, Path.GetFileNameWithoutExtension(path), element), ct);
            }
            catch (XmlException error)
            {
                throw new RouseHostException($"{path} is no key of a ring. Restore it from a backup, or move it away if nothing was sealed with it.", error);
            }

            File.Delete(path);
        }
    }
}
