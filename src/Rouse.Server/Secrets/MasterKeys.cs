using System.Security.Cryptography;
using Rouse.Core.Tenancy;
using Rouse.Store.Secrets;

namespace Rouse.Server.Secrets;

/// <summary>The master key that seals, and the one before it, which only opens: during a change both are known.</summary>
/// <param name="Source">Where the present one comes from, for people.</param>
internal sealed record MasterKeys(MasterKey Present, MasterKey? Old, string Source)
{
    public const string Variable = "ROUSE_MASTER_KEY";
    public const string FileVariable = "ROUSE_MASTER_KEY_FILE";
    public const string OldVariable = "ROUSE_MASTER_KEY_OLD";

    /// <summary>The file in the folder of keys that is used when nothing else is said.</summary>
    public const string FileName = "master.key";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <param name="keysExist">Keys are sealed already, so a new master key would open none of them.</param>
    /// <exception cref="RouseHostException">There is none, or it is not one.</exception>
    public static MasterKeys Load(RouseHostOptions options, DataFolder folder, bool keysExist)
    {
        var old = options.OldMasterKey is { } before ? Parse(before, OldVariable) : null;
        if (options.MasterKey is { } given)
        {
            if (options.MasterKeyFile is not null) throw new RouseHostException($"Set {Variable} or {FileVariable}, not both.");
            return new MasterKeys(Parse(given, Variable), old, Variable);
        }

        if (options.MasterKeyFile is { } named) return new MasterKeys(Read(named, FileVariable), old, FileVariable);
        var path = Path.Combine(folder.Keys, FileName);
        if (!File.Exists(path))
        {
            if (keysExist)
            {
                throw new RouseHostException(
                    $"The database's keys are sealed with a master key that is not here. Set {Variable} (or {FileVariable}), or put the file back to {path}. "
                    + "All replicas need the same one. Without it nothing that is sealed can be opened again.");
            }

            Create(path);
        }

        return new MasterKeys(Read(path, path), old, $"keys/{FileName} in the data folder");
    }

    public SealedKey Seal(string name, ReadOnlySpan<byte> plain) => new(name, Present.Id, Present.Seal(name, plain));

    /// <exception cref="RouseHostException">Neither key sealed it.</exception>
    public byte[] Open(SealedKey key)
    {
        var master = key.MasterKeyId == Present.Id ? Present : key.MasterKeyId == Old?.Id ? Old : throw new RouseHostException(
            $"The database's keys are sealed with master key {key.MasterKeyId}, and this server has {Present.Id} (from {Source}). Give it the right one; "
            + $"if you are changing it, set {OldVariable} to the one before until `rouse secrets rotate` has ended.");
        try
        {
            return master.Open(key.Name, key.Sealed);
        }
        catch (CryptographicException error)
        {
            throw new RouseHostException($"The sealed key '{key.Name}' in the database was changed or is damaged. Restore the database from a backup.", error);
        }
    }

    private static MasterKey Parse(Secret text, string source) => MasterKey.TryParse(text)
        ?? throw new RouseHostException($"{source} is not a master key: base64 of {MasterKey.Bytes} random bytes, as `openssl rand -base64 {MasterKey.Bytes}` prints them.");

    private static MasterKey Read(string path, string source)
    {
        try
        {
            return File.ReadAllText(path).Trim() is { Length: > 0 } text ? Parse(new Secret(text), source)
                : throw new RouseHostException($"The master key's file {path} is empty.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new RouseHostException($"The master key's file {path} cannot be read: {error.Message}", error);
        }
    }

    private static void Create(string path)
    {
        // Written aside and renamed, so that a crash never leaves half a key. The folder's lock is held, so nobody else makes one.
        var aside = $"{path}.new";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = OwnerOnly };
        using (var file = new FileStream(aside, options))
        {
            file.Write(System.Text.Encoding.ASCII.GetBytes(Convert.ToBase64String(RandomNumberGenerator.GetBytes(MasterKey.Bytes)) + "\n"));
            file.Flush(flushToDisk: true);
        }

        File.Move(aside, path);
    }
}
