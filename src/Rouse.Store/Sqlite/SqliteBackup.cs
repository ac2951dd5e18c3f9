using Dapper;
using Rouse.Store.Migrations;
using Rouse.Store.Sqlite.Provider;

namespace Rouse.Store.Sqlite;

/// <summary>What a database file holds, once it was read whole and found sound.</summary>
/// <param name="Schema">The version it is at.</param>
/// <param name="MasterKeyIds">The master keys that its sealed keys need.</param>
public sealed record SqliteContents(long Schema, IReadOnlyList<string> MasterKeyIds, long Deployments);

/// <summary>Copies of a database, taken while others use it. A copy is a database file itself, as compact as it can be.</summary>
public static class SqliteBackup
{
    private static readonly TimeSpan s_busy = TimeSpan.FromSeconds(30);

    /// <summary>Writes the state of one moment into a new file. Writers go on meanwhile; the log they write grows until it is done.</summary>
    /// <param name="target">Must not exist.</param>
    /// <exception cref="StorageException">The source cannot be read, or there is no space.</exception>
    public static void Copy(string source, string target) => Run(() =>
    {
        using var connection = new SqliteConnection(source, readOnly: false, s_busy);
        connection.Open();
        // Not one of ours, or newer: a copy would be worth nothing here.
        RequireKnown(connection);
        connection.Execute("pragma synchronous = full");
        SqlMapper.Execute(connection, "vacuum into @target", new { target });
        return true;
    });

    /// <summary>Reads every page.</summary>
    /// <exception cref="StorageException">It is damaged, not ours, or of a newer Rouse.</exception>
    public static SqliteContents Inspect(string path) => Run(() =>
    {
        using var connection = new SqliteConnection(path, readOnly: true, s_busy);
        connection.Open();
        var schema = RequireKnown(connection);
        if (connection.ExecuteScalar<string>("pragma integrity_check(1)") is var verdict and not "ok")
        {
            throw new StorageException(StorageCodes.Failed, $"{path} is damaged: {verdict}.");
        }

        var keys = schema >= M0010_SealedKeys.Migration.Number ? connection.Query<string>("select distinct master_key_id from sealed_keys order by 1") : [];
        return new SqliteContents(schema, [.. keys], connection.ExecuteScalar<long>("select count(*) from deployments"));
    });

    /// <summary>Brings what lies in the log beside the file into it, so that the file alone is the database. Nobody may use it.</summary>
    public static void Fold(string path) => Run(() =>
    {
        using var connection = new SqliteConnection(path, readOnly: false, s_busy);
        connection.Open();
        connection.Execute("pragma journal_mode = delete");
        return true;
    });

    private static long RequireKnown(SqliteConnection connection)
    {
        if (connection.ExecuteScalar<long>("select count(*) from sqlite_master where type = 'table' and name in ('rouse_schema', 'deployments')") != 2)
        {
            throw new StorageException(StorageCodes.BadLocation, $"{connection.DataSource} is no database of Rouse.");
        }

        var version = connection.ExecuteScalar<long>("select coalesce(max(version), 0) from rouse_schema");
        _ = Migration.Missing(Migration.All, version).Count();
        return version;
    }

    private static T Run<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (SqliteException error)
        {
            throw SqliteFaults.Translate(error) is StorageException known ? known : new StorageException(StorageCodes.Failed, error.Message, error);
        }
    }
}
