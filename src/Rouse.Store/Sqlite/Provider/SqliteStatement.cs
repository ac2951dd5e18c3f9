using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using static Rouse.Store.Sqlite.Provider.SqliteNative;

namespace Rouse.Store.Sqlite.Provider;

/// <summary>One compiled statement of one connection.</summary>
internal sealed unsafe class SqliteStatement : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly string?[] _parameters;
    private readonly string[] _columns;
    private readonly Type?[] _declared;
    private nint _handle;

    public SqliteStatement(SqliteConnection connection, nint handle, string sql)
    {
        (_connection, _handle, Sql) = (connection, handle, sql);
        _parameters = new string?[sqlite3_bind_parameter_count(handle)];
        for (var i = 0; i < _parameters.Length; i++) _parameters[i] = Text(sqlite3_bind_parameter_name(handle, i + 1))?[1..];
        _columns = new string[sqlite3_column_count(handle)];
        _declared = new Type?[_columns.Length];
        for (var i = 0; i < _columns.Length; i++)
        {
            _columns[i] = Text(sqlite3_column_name(handle, i)) ?? "";
            _declared[i] = Declared(Text(sqlite3_column_decltype(handle, i)));
        }
    }

    public string Sql { get; }

    public IReadOnlyList<string> Columns => _columns;

    public void Bind(SqliteParameterCollection parameters)
    {
        for (var i = 0; i < _parameters.Length; i++)
        {
            var name = _parameters[i];
            var value = name is null ? parameters.At(i) : parameters.Named(name);
            if (value is null)
            {
                throw new InvalidOperationException($"The parameter '{name ?? (i + 1).ToString(null as IFormatProvider)}' has no value in: {Sql}");
            }
            _connection.Check(BindOne(i + 1, value.Value), Sql);
        }
    }

    /// <returns>True on a row, false at the end.</returns>
    public bool Step()
    {
        var result = sqlite3_step(_handle);
        if (result == Row) return true;
        if (result != Done) _connection.Check(result, Sql);
        return false;
    }

    /// <summary>Ends the execution. Its error, if any, was already reported by <see cref="Step"/>.</summary>
    public void Reset()
    {
        _ = sqlite3_reset(_handle);
        _ = sqlite3_clear_bindings(_handle);
    }

    /// <summary>
    /// The declared type of the column; for an expression the type of its value in the current row, and <see cref="DBNull"/> where that is null.
    /// Dapper takes "object" for leave to unbox a later row's value straight into the property, whatever its type; by any other it converts.
    /// </summary>
    public Type TypeOf(int column, bool onRow) => _declared[column] ?? (onRow ? sqlite3_column_type(_handle, column) : TypeNull) switch
    {
        TypeInteger => typeof(long),
        TypeFloat => typeof(double),
        TypeText => typeof(string),
        TypeBlob => typeof(byte[]),
        _ => typeof(DBNull),
    };

    public bool IsNull(int column) => sqlite3_column_type(_handle, column) == TypeNull;

    public object Value(int column) => sqlite3_column_type(_handle, column) switch
    {
        TypeInteger => Integer(column),
        TypeFloat => Real(column),
        TypeText => String(column),
        TypeBlob => Blob(column).ToArray(),
        _ => DBNull.Value,
    };

    public long Integer(int column) => sqlite3_column_int64(_handle, column);

    public double Real(int column) => sqlite3_column_double(_handle, column);

    // The pointer first, then the length: the other order may measure another encoding (https://www.sqlite.org/c3ref/column_blob.html).
    public string String(int column)
    {
        var text = sqlite3_column_text(_handle, column);
        return Encoding.UTF8.GetString(text, sqlite3_column_bytes(_handle, column));
    }

    public ReadOnlySpan<byte> Blob(int column)
    {
        var blob = sqlite3_column_blob(_handle, column);
        return new ReadOnlySpan<byte>(blob, sqlite3_column_bytes(_handle, column));
    }

    public void Dispose()
    {
        if (_handle != 0) _ = sqlite3_finalize(_handle);
        _handle = 0;
    }

    private int BindOne(int index, object? value) => value switch
    {
        null or DBNull => sqlite3_bind_null(_handle, index),
        string text => BindText(index, text),
        long number => sqlite3_bind_int64(_handle, index, number),
        int number => sqlite3_bind_int64(_handle, index, number),
        short number => sqlite3_bind_int64(_handle, index, number),
        byte number => sqlite3_bind_int64(_handle, index, number),
        uint number => sqlite3_bind_int64(_handle, index, number),
        bool flag => sqlite3_bind_int64(_handle, index, flag ? 1 : 0),
        double number => sqlite3_bind_double(_handle, index, number),
        float number => sqlite3_bind_double(_handle, index, number),
        byte[] blob => BindBlob(index, blob),
        ReadOnlyMemory<byte> blob => BindBlob(index, blob.Span),
        _ => throw new NotSupportedException($"A parameter of type {value.GetType()} cannot be stored."),
    };

    private int BindText(int index, string text)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length) + 1);
        try
        {
            var length = Encoding.UTF8.GetBytes(text, buffer);
            fixed (byte* bytes = buffer) return sqlite3_bind_text(_handle, index, bytes, length, Transient);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private int BindBlob(int index, ReadOnlySpan<byte> blob)
    {
        // A null pointer would bind NULL; an empty blob needs an address of its own.
        byte none = 0;
        fixed (byte* bytes = blob) return sqlite3_bind_blob(_handle, index, bytes == null ? &none : bytes, blob.Length, Transient);
    }

    private static Type? Declared(string? type) => type?.ToUpperInvariant() switch
    {
        "INTEGER" or "INT" or "BIGINT" => typeof(long),
        "TEXT" => typeof(string),
        "REAL" => typeof(double),
        "BLOB" => typeof(byte[]),
        _ => null,
    };

    private static string? Text(byte* text) => Marshal.PtrToStringUTF8((nint)text);
}
