using Rouse.Store;
using Rouse.Store.Sqlite;

namespace Rouse.Server.Backup;

/// <summary>Backups of a server that keeps its state in SQLite: one file with everything but weights and the master key.</summary>
public static class BackupFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Writes a backup, whether a server runs on the folder or not. It appears under its name only when it is whole and was read back.</summary>
    /// <param name="replace">Whether a file that is there may go.</param>
    /// <exception cref="RouseHostException">Why there is no backup; nothing of one is left.</exception>
    public static BackupContents Write(string dataFolder, string path, bool replace)
    {
        var source = Path.Combine(dataFolder, DataFolder.DatabaseName);
        if (!File.Exists(source)) throw new RouseHostException($"{dataFolder} holds no database of a server. Name the server's folder with --data; what lies in PostgreSQL is backed up with pg_dump.");
        if (Exists(path) && !replace) throw new RouseHostException($"{path} is there already. Use another name, or --force to replace it.");
        var aside = path + ".partial";
        return Tell(() =>
        {
            try
            {
                RemoveWithLog(aside);
                Create(aside);
                SqliteBackup.Copy(source, aside);
                var contents = SqliteBackup.Inspect(aside);
                Settle(aside, path);
                return Describe(path, contents);
            }
            catch
            {
                RemoveWithLog(aside);
                throw;
            }
        });
    }

    /// <summary>Makes a server's folder of a backup. Needs that no server runs on it.</summary>
    /// <param name="replace">Whether a database that is there may be replaced; it is kept beside it under another name.</param>
    /// <exception cref="RouseHostException">Why not; the folder is as it was.</exception>
    public static BackupContents Restore(string path, string dataFolder, bool replace)
    {
        if (!File.Exists(path)) throw new RouseHostException($"{path} is not there.");
        var contents = Tell(() => SqliteBackup.Inspect(path));
        using var folder = DataFolder.Open(dataFolder);
        if (File.Exists(folder.Database) && !replace) throw new RouseHostException($"{dataFolder} holds a database already. Restore to another folder, or use --force to replace it.");
        var aside = folder.Database + ".restoring";
        return Tell(() =>
        {
            RemoveWithLog(aside);
            Create(aside);
            File.Copy(path, aside, overwrite: true);
            File.SetUnixFileMode(aside, OwnerOnly);
            // Once more: what is put in place is the copy.
            SqliteBackup.Inspect(aside);
            Keep(folder.Database);
            Settle(aside, folder.Database);
            return Describe(path, contents) with { MasterKeyIsHere = File.Exists(Path.Combine(folder.Keys, Secrets.MasterKeys.FileName)) };
        });
    }

    /// <summary>The database that is replaced, beside the new one under the first free number.</summary>
    private static void Keep(string database)
    {
        if (!File.Exists(database))
        {
            // A log without its database belongs to another one, and must not be played into this one.
            RemoveWithLog(database);
            return;
        }

        try
        {
            SqliteBackup.Fold(database);
        }
        catch (StorageException)
        {
            // Damaged: it is kept as it lies, log and all.
        }

        var number = 1;
        while (Exists($"{database}.replaced-{number}")) number++;
        foreach (var suffix in new[] { "-wal", "-shm" })
        {
            if (File.Exists(database + suffix)) File.Move(database + suffix, $"{database}.replaced-{number}{suffix}");
        }

        // A copy: the name itself goes from the old to the new in one step.
        File.Copy(database, $"{database}.replaced-{number}");
    }

    private static void Settle(string aside, string path)
    {
        using (var file = File.OpenHandle(aside, FileMode.Open, FileAccess.ReadWrite)) RandomAccess.FlushToDisk(file);
        File.Move(aside, path, overwrite: true);
        FolderSync.Flush(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    private static void Create(string path)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder && !Directory.Exists(folder)) throw new RouseHostException($"There is no folder {folder}.");
        new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly }).Dispose();
    }

    private static bool Exists(string path) => File.Exists(path) || Directory.Exists(path);

    private static void RemoveWithLog(string path)
    {
        foreach (var suffix in new[] { "", "-wal", "-shm", "-journal" }) File.Delete(path + suffix);
    }

    private static BackupContents Describe(string path, SqliteContents contents) =>
        new(path, new FileInfo(path).Length, contents.Schema, contents.Deployments, contents.MasterKeyIds);

    private static T Tell<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception error) when (error is StorageException or IOException or UnauthorizedAccessException)
        {
            throw new RouseHostException(error.Message, error);
        }
    }
}

/// <summary>What a backup holds.</summary>
/// <param name="Bytes">Of the file.</param>
/// <param name="Schema">The version of the database in it.</param>
/// <param name="MasterKeyIds">Ids of the master keys that open what is sealed in it; the keys themselves are not in it.</param>
public sealed record BackupContents(string Path, long Bytes, long Schema, long Deployments, IReadOnlyList<string> MasterKeyIds)
{
    /// <summary>After a restore: the folder has a master key's file.</summary>
    public bool MasterKeyIsHere { get; init; }
}
