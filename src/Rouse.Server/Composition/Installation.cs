using System.Security.Cryptography;
using Rouse.Core;
using Rouse.Server.Secrets;
using Rouse.Store;

namespace Rouse.Server.Composition;

/// <summary>What makes this installation this one.</summary>
/// <param name="Word">The first word of every name at a provider. Lies in the database: a new database is a new installation and never touches the old one's backends.</param>
/// <param name="Key">See <see cref="Vault.InstallationKey"/>.</param>
/// <param name="Masters">What opens the ring of keys.</param>
internal sealed record Installation(string Word, byte[] Key, MasterKeys Masters)
{
    private const int WordLength = 8;

    /// <exception cref="RouseHostException">Its keys cannot be opened.</exception>
    public static async ValueTask<Installation> LoadAsync(Database database, RouseHostOptions options, DataFolder folder, CancellationToken ct)
    {
        // First: a server that cannot open the keys leaves no trace.
        var (masters, key) = await Vault.OpenAsync(database, options, folder, ct);
        var candidate = "r" + Ids.Encode(RandomNumberGenerator.GetBytes(Ids.RandomBytes))[^(WordLength - 1)..];
        return new Installation(await new SettingStore(database).GetOrCreateAsync("installation", candidate, ct), key, masters);
    }
}
