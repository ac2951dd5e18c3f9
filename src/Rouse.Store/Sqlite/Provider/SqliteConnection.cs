using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text;
using static Rouse.Store.Sqlite.Provider.SqliteNative;

namespace Rouse.Store.Sqlite.Provider;

/// <summary>
/// One connection to one SQLite file, for one user at a time. Everything runs on the calling thread; the asynchronous methods of ADO.NET complete
/// before they return.
/// </summary>
internal sealed unsafe class SqliteConnection(string path, bool readOnly, TimeSpan busyTimeout) : DbConnection
{
    /// <summary>Compiled statements kept at rest. The stores have fewer texts than this; lists of parameters make some more.</summary>
    private const int MaxCachedStatements = 256;

    /// <summary>3.37: strict tables.</summary>
    private const int OldestLibrary = 3_037_000;
    private readonly Dictionary<string, SqliteStatement> _atRest = new(StringComparer.Ordinal);
    private nint _db;

    [AllowNull]
    public override string ConnectionString { get => $"Data Source={path}"; set => throw new NotSupportedException(); }

    public override string Database => "main";

    public override string DataSource => path;

    public override string ServerVersion => sqlite3_libversion_number().ToString(null as IFormatProvider);

    public override ConnectionState State => _db == 0 ? ConnectionState.Closed : ConnectionState.Open;

    /// <summary>False inside a transaction. An error such as a full disk may end a transaction by itself.</summary>
    public bool IsAutocommit => sqlite3_get_autocommit(_db) != 0;

    public long Changes => sqlite3_changes64(_db);

    public long TotalChanges => sqlite3_total_changes64(_db);

    public override void Open()
    {
        if (sqlite3_libversion_number() < OldestLibrary) throw new NotSupportedException("SQLite 3.37 or newer is needed.");
        var flags = OpenNoMutex | (readOnly ? OpenReadOnly : OpenReadWrite | OpenCreate);
        var result = sqlite3_open_v2(path, out _db, flags, 0);
        if (result != Ok)
        {
            var error = Error(result, sql: null);
            Close();
            throw error;
        }

        _ = sqlite3_extended_result_codes(_db, 1);
        _ = sqlite3_busy_timeout(_db, (int)busyTimeout.TotalMilliseconds);
    }

    public override void Close()
    {
        foreach (var statement in _atRest.Values) statement.Dispose();
        _atRest.Clear();
        if (_db != 0) _ = sqlite3_close_v2(_db);
        _db = 0;
    }

    public override void ChangeDatabase(string databaseName) => throw new NotSupportedException();

    /// <summary>Runs statements that take no parameters and whose rows nobody wants.</summary>
    public int Execute(string sql)
    {
        using var command = new SqliteCommand(this, sql);
        return command.ExecuteNonQuery();
    }

    /// <summary>
    /// A compiled statement at rest; give it back with <see cref="Return"/>. Null when the text holds nothing but blanks and comments.
    /// </summary>
    public SqliteStatement? Take(string sql, out string tail)
    {
        tail = "";
        if (_atRest.Remove(sql, out var known)) return known;
        var bytes = Encoding.UTF8.GetBytes(sql);
        fixed (byte* text = bytes)
        {
            Check(sqlite3_prepare_v3(_db, text, bytes.Length, PreparePersistent, out var handle, out var end), sql);
            if (handle == 0) return null;
            tail = Encoding.UTF8.GetString(bytes.AsSpan((int)(end - text))).Trim();
            return new SqliteStatement(this, handle, tail.Length == 0 ? sql : Encoding.UTF8.GetString(text, (int)(end - text)));
        }
    }

    public void Return(SqliteStatement statement)
    {
        statement.Reset();
        if (_db == 0 || _atRest.ContainsKey(statement.Sql))
        {
            statement.Dispose();
            return;
        }

        if (_atRest.Count >= MaxCachedStatements)
        {
            foreach (var old in _atRest.Values) old.Dispose();
            _atRest.Clear();
        }

        _atRest.Add(statement.Sql, statement);
    }

    public void Check(int result, string? sql)
    {
        if (result != Ok) throw Error(result, sql);
    }

    protected override DbTransaction BeginDbTransaction(IsolationLevel isolationLevel) => new SqliteTransaction(this, readOnly);

    protected override DbCommand CreateDbCommand() => new SqliteCommand(this, "");

    protected override void Dispose(bool disposing)
    {
        if (disposing) Close();
        base.Dispose(disposing);
    }

    private SqliteException Error(int result, string? sql) =>
        new(result, _db == 0 ? "out of memory" : Marshal.PtrToStringUTF8((nint)sqlite3_errmsg(_db)) ?? "unknown error", sql);
}
