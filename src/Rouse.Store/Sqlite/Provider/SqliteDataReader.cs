using System.Collections;
using System.Data.Common;
using System.Globalization;

namespace Rouse.Store.Sqlite.Provider;

/// <summary>
/// Runs a text statement by statement. It stands on the first row before the first <see cref="Read"/>, so that types of expressions are known.
/// </summary>
internal sealed class SqliteDataReader : DbDataReader
{
    private readonly SqliteConnection _connection;
    private readonly SqliteParameterCollection _parameters;
    private SqliteStatement? _statement;
    private string _rest;
    private bool _onRow;
    private bool _unread;
    private int _affected = -1;

    public SqliteDataReader(SqliteConnection connection, string sql, SqliteParameterCollection parameters)
    {
        (_connection, _parameters, _rest) = (connection, parameters, sql);
        Advance();
    }

    public override int Depth => 0;

    public override int FieldCount => _statement?.Columns.Count ?? 0;

    public override bool HasRows => _onRow || _unread;

    public override bool IsClosed => _statement is null;

    /// <summary>Rows changed by the statements run so far; -1 when none of them could change any.</summary>
    public override int RecordsAffected => _affected;

    public override object this[int ordinal] => GetValue(ordinal);

    public override object this[string name] => GetValue(GetOrdinal(name));

    public override bool Read()
    {
        if (_unread)
        {
            _unread = false;
            return true;
        }

        if (_onRow) _onRow = _statement!.Step();
        return _onRow;
    }

    public override bool NextResult()
    {
        Finish();
        Advance();
        return _statement is not null;
    }

    public override void Close()
    {
        Finish();
        _rest = "";
    }

    public override Type GetFieldType(int ordinal) => _statement!.TypeOf(ordinal, _onRow);

    public override string GetDataTypeName(int ordinal) => GetFieldType(ordinal).Name;

    public override string GetName(int ordinal) => _statement!.Columns[ordinal];

    public override int GetOrdinal(string name)
    {
        for (var i = 0; i < FieldCount; i++)
        {
            if (string.Equals(GetName(i), name, StringComparison.OrdinalIgnoreCase)) return i;
        }

        throw new ArgumentOutOfRangeException(nameof(name), name, "There is no such column.");
    }

    public override bool IsDBNull(int ordinal) => _statement!.IsNull(ordinal);

    public override object GetValue(int ordinal) => _statement!.Value(ordinal);

    public override int GetValues(object[] values)
    {
        var count = Math.Min(values.Length, FieldCount);
        for (var i = 0; i < count; i++) values[i] = GetValue(i);
        return count;
    }

    public override bool GetBoolean(int ordinal) => GetInt64(ordinal) != 0;

    public override byte GetByte(int ordinal) => checked((byte)GetInt64(ordinal));

    public override short GetInt16(int ordinal) => checked((short)GetInt64(ordinal));

    public override int GetInt32(int ordinal) => checked((int)GetInt64(ordinal));

    public override long GetInt64(int ordinal) => Convert.ToInt64(Present(ordinal), CultureInfo.InvariantCulture);

    public override float GetFloat(int ordinal) => (float)GetDouble(ordinal);

    public override double GetDouble(int ordinal) => Convert.ToDouble(Present(ordinal), CultureInfo.InvariantCulture);

    public override decimal GetDecimal(int ordinal) => Convert.ToDecimal(Present(ordinal), CultureInfo.InvariantCulture);

    public override string GetString(int ordinal) => (string)Present(ordinal);

    public override char GetChar(int ordinal) => GetString(ordinal)[0];

    public override Guid GetGuid(int ordinal) => throw new NotSupportedException();

    public override DateTime GetDateTime(int ordinal) => throw new NotSupportedException("Times are Unix milliseconds.");

    public override long GetBytes(int ordinal, long dataOffset, byte[]? buffer, int bufferOffset, int length)
    {
        var blob = _statement!.Blob(ordinal);
        if (buffer is null) return blob.Length;
        var part = blob[(int)Math.Min(dataOffset, blob.Length)..];
        part = part[..Math.Min(part.Length, length)];
        part.CopyTo(buffer.AsSpan(bufferOffset));
        return part.Length;
    }

    public override long GetChars(int ordinal, long dataOffset, char[]? buffer, int bufferOffset, int length)
    {
        var text = GetString(ordinal);
        if (buffer is null) return text.Length;
        var part = text.AsSpan((int)Math.Min(dataOffset, text.Length));
        part = part[..Math.Min(part.Length, length)];
        part.CopyTo(buffer.AsSpan(bufferOffset));
        return part.Length;
    }

    public override IEnumerator GetEnumerator() => new DbEnumerator(this, closeReader: false);

    protected override void Dispose(bool disposing)
    {
        if (disposing) Close();
        base.Dispose(disposing);
    }

    private object Present(int ordinal) =>
        IsDBNull(ordinal) ? throw new InvalidCastException($"The column '{GetName(ordinal)}' is null.") : GetValue(ordinal);

    // Statements without columns are run to their end here; the first one with columns is left standing on its first row.
    private void Advance()
    {
        while (_rest.Length > 0)
        {
            _statement = _connection.Take(_rest, out _rest);
            if (_statement is null) return;
            var before = _connection.TotalChanges;
            try
            {
                _statement.Bind(_parameters);
                _onRow = _unread = _statement.Step();
            }
            catch
            {
                Finish();
                throw;
            }

            if (_connection.TotalChanges != before) _affected = Math.Max(_affected, 0) + (int)_connection.Changes;
            else if (FieldCount == 0) _affected = Math.Max(_affected, 0);
            if (FieldCount > 0) return;
            Finish();
        }
    }

    private void Finish()
    {
        if (_statement is not null) _connection.Return(_statement);
        (_statement, _onRow, _unread) = (null, false, false);
    }
}
