using System.Data.Common;
using System.Threading.Channels;
using Rouse.Store.Migrations;
using Rouse.Store.Sqlite.Provider;

namespace Rouse.Store.Sqlite;

/// <summary>The embedded engine: one file, one writer with group commit, a pool of readers that never wait for it (write-ahead log).</summary>
public sealed class SqliteDatabase : Database
{
    private const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerFolder = OwnerFile | UnixFileMode.UserExecute;
    private readonly SqliteConnection _writing;
    private readonly GroupWriter _writer;
    private readonly Channel<SqliteConnection> _readers;
    private readonly int _readerCount;
    private bool _disposed;

    private SqliteDatabase(SqliteConnection writing, IReadOnlyList<SqliteConnection> readers, StoreOptions options)
    {
        (_writing, _readerCount) = (writing, readers.Count);
        _readers = Channel.CreateBounded<SqliteConnection>(readers.Count);
        foreach (var reader in readers) _readers.Writer.TryWrite(reader);
        _writer = new GroupWriter(writing, options);
    }

    public override SqlDialect Dialect => SqlDialect.Sqlite;

    /// <summary>Opens the file, made if absent (for its owner only, as is its folder), and migrates it.</summary>
    /// <exception cref="StorageException">The file cannot be used, or a newer Rouse wrote it.</exception>
    public static ValueTask<SqliteDatabase> OpenFileAsync(string path, StoreOptions options, CancellationToken ct = default)
    {
        ct.ThrowIfCancellationRequested();
        var opened = new List<SqliteConnection>();
        try
        {
            var full = Path.GetFullPath(path);
            Create(full);
            opened.Add(OpenOne(full, readOnly: false, options));
            SqliteMigrations.Apply(opened[0], Migration.All);
            for (var i = 0; i < options.ReadConnections; i++) opened.Add(OpenOne(full, readOnly: true, options));
            return ValueTask.FromResult(new SqliteDatabase(opened[0], opened[1..], options));
        }
        catch (Exception error)
        {
            foreach (var connection in opened) connection.Dispose();
            if (error is SqliteException refused) throw SqliteFaults.Translate(refused);
            if (error is IOException or UnauthorizedAccessException)
            {
                throw new StorageException(StorageCodes.Unavailable, $"The database cannot be opened: {error.Message}", error);
            }
            throw;
        }
    }

    public override ValueTask<T> WriteAsync<T>(Func<DbConnection, ValueTask<T>> work, CancellationToken ct = default) =>
        _writer.WriteAsync(new PendingWrite<T>(work, ct), ct);

    public override async ValueTask<T> ReadAsync<T>(Func<DbConnection, ValueTask<T>> work, CancellationToken ct = default)
    {
        var connection = await _readers.Reader.ReadAsync(ct);
        try
        {
            connection.Execute("begin");
            return await work(connection);
        }
        catch (SqliteException error) when (SqliteFaults.IsOfStorage(error))
        {
            throw SqliteFaults.Translate(error);
        }
        finally
        {
            if (!connection.IsAutocommit) connection.Execute("rollback");
            _readers.Writer.TryWrite(connection);
        }
    }

    /// <summary>Finishes the writes that are queued and closes the file.</summary>
    public override async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, value: true)) return;
        await _writer.DisposeAsync();
        for (var i = 0; i < _readerCount; i++) (await _readers.Reader.ReadAsync()).Dispose();
        _writing.Dispose();
    }

    private static SqliteConnection OpenOne(string path, bool readOnly, StoreOptions options)
    {
        var connection = new SqliteConnection(path, readOnly, options.BusyTimeout);
        connection.Open();
        connection.Execute("pragma foreign_keys = on");
        if (readOnly) return connection;
        // FULL: NORMAL may undo a committed write when the power fails (https://www.sqlite.org/pragma.html#pragma_synchronous).
        connection.Execute("pragma journal_mode = wal; pragma synchronous = full; pragma journal_size_limit = 67108864");
        return connection;
    }

    // SQLite gives its -wal and -shm files the mode of the database.
    private static void Create(string path)
    {
        if (File.Exists(path)) return;
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite };
        if (Path.GetDirectoryName(path) is { } folder && !Directory.Exists(folder))
        {
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
            else Directory.CreateDirectory(folder, OwnerFolder);
        }

        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerFile;
        new FileStream(path, options).Dispose();
    }
}
