using System.Security.Cryptography;
using Rouse.Core;
using Rouse.Server.Secrets;
using Rouse.Store;

namespace Rouse.Server.Composition;

/// <summary>What makes this installation this one.</summary>
/// <param name="Word">The first word of every name at a provider. Lies in the database: a new database is a new installation and never touches the old one's backends.</param>
/// <param name="MasterKey">See <see cref="Secrets.MasterKey"/>.</param>
internal sealed record Installation(string Word, byte[] MasterKey)
{
    private const int WordLength = 8;

    public static async ValueTask<Installation> LoadAsync(Database database, DataFolder folder, CancellationToken ct)
    {
        var candidate = "r" + Ids.Encode(RandomNumberGenerator.GetBytes(Ids.RandomBytes))[^(WordLength - 1)..];
        return new Installation(await new SettingStore(database).GetOrCreateAsync("installation", candidate, ct), Secrets.MasterKey.LoadOrCreate(folder.Keys));
    }
}
