using System.Data;
using System.Data.Common;

namespace Rouse.Store.Sqlite.Provider;

/// <summary>Serializable: SQLite knows nothing weaker. Rolls back when disposed before <see cref="Commit"/>.</summary>
internal sealed class SqliteTransaction : DbTransaction
{
    private readonly SqliteConnection _connection;
    private bool _ended;

    public SqliteTransaction(SqliteConnection connection, bool readOnly)
    {
        _connection = connection;
        // A deferred transaction that turns to writing may fail with SQLITE_BUSY_SNAPSHOT, which no waiting cures.
        connection.Execute(readOnly ? "begin" : "begin immediate");
    }

    public override IsolationLevel IsolationLevel => IsolationLevel.Serializable;

    protected override DbConnection DbConnection => _connection;

    public override void Commit()
    {
        _connection.Execute("commit");
        _ended = true;
    }

    public override void Rollback()
    {
        if (!_connection.IsAutocommit) _connection.Execute("rollback");
        _ended = true;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_ended) Rollback();
        base.Dispose(disposing);
    }
}
