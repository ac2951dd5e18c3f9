using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;

namespace Rouse.Store.Sqlite.Provider;

internal sealed class SqliteCommand(SqliteConnection on, string sql) : DbCommand
{
    private readonly SqliteParameterCollection _parameters = [];
    private SqliteConnection _connection = on;
    private string _sql = sql;

    [AllowNull]
    public override string CommandText { get => _sql; set => _sql = value ?? ""; }

    public override int CommandTimeout { get; set; }

    public override CommandType CommandType
    {
        get => CommandType.Text;
        set
        {
            if (value != CommandType.Text) throw new NotSupportedException("SQLite has no stored procedures.");
        }
    }

    public override bool DesignTimeVisible { get; set; }

    public override UpdateRowSource UpdatedRowSource { get; set; }

    protected override DbConnection? DbConnection { get => _connection; set => _connection = (SqliteConnection)value!; }

    protected override DbParameterCollection DbParameterCollection => _parameters;

    protected override DbTransaction? DbTransaction { get; set; }

    public override void Cancel()
    {
        // A statement is short, and a write that has begun is finished.
    }

    public override void Prepare()
    {
        // The connection keeps compiled statements by text.
    }

    public override int ExecuteNonQuery()
    {
        using var reader = new SqliteDataReader(_connection, _sql, _parameters);
        while (reader.NextResult())
        {
        }

        return reader.RecordsAffected;
    }

    public override object? ExecuteScalar()
    {
        using var reader = new SqliteDataReader(_connection, _sql, _parameters);
        return reader.Read() ? reader.GetValue(0) : null;
    }

    protected override DbParameter CreateDbParameter() => new SqliteParameter();

    protected override DbDataReader ExecuteDbDataReader(CommandBehavior behavior) => new SqliteDataReader(_connection, _sql, _parameters);
}
