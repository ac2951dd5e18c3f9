using System.Collections;
using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;

namespace Rouse.Store.Sqlite.Provider;

internal sealed class SqliteParameter : DbParameter
{
    public override DbType DbType { get; set; } = DbType.Object;

    public override ParameterDirection Direction { get; set; } = ParameterDirection.Input;

    public override bool IsNullable { get; set; } = true;

    [AllowNull]
    public override string ParameterName { get; set => field = value?.TrimStart('@') ?? ""; } = "";

    public override int Size { get; set; }

    [AllowNull]
    public override string SourceColumn { get; set => field = value ?? ""; } = "";

    public override bool SourceColumnNullMapping { get; set; }

    public override object? Value { get; set; }

    public override void ResetDbType() => DbType = DbType.Object;
}

internal sealed class SqliteParameterCollection : DbParameterCollection
{
    private readonly List<SqliteParameter> _items = [];

    public override int Count => _items.Count;

    public override object SyncRoot => ((ICollection)_items).SyncRoot;

    public SqliteParameter? At(int index) => index < _items.Count ? _items[index] : null;

    public SqliteParameter? Named(string name)
    {
        foreach (var item in _items)
        {
            if (string.Equals(item.ParameterName, name, StringComparison.OrdinalIgnoreCase)) return item;
        }

        return null;
    }

    public override int Add(object value)
    {
        _items.Add((SqliteParameter)value);
        return _items.Count - 1;
    }

    public override void AddRange(Array values)
    {
        foreach (var value in values) Add(value!);
    }

    public override void Clear() => _items.Clear();

    public override bool Contains(object value) => IndexOf(value) >= 0;

    public override bool Contains(string value) => IndexOf(value) >= 0;

    public override void CopyTo(Array array, int index) => ((ICollection)_items).CopyTo(array, index);

    public override IEnumerator GetEnumerator() => _items.GetEnumerator();

    public override int IndexOf(object value) => _items.IndexOf((SqliteParameter)value);

    public override int IndexOf(string parameterName) => Named(parameterName.TrimStart('@')) is { } item ? _items.IndexOf(item) : -1;

    public override void Insert(int index, object value) => _items.Insert(index, (SqliteParameter)value);

    public override void Remove(object value) => _items.Remove((SqliteParameter)value);

    public override void RemoveAt(int index) => _items.RemoveAt(index);

    public override void RemoveAt(string parameterName) => _items.RemoveAt(IndexOf(parameterName));

    protected override DbParameter GetParameter(int index) => _items[index];

    protected override DbParameter GetParameter(string parameterName) => _items[IndexOf(parameterName)];

    protected override void SetParameter(int index, DbParameter value) => _items[index] = (SqliteParameter)value;

    protected override void SetParameter(string parameterName, DbParameter value) => _items[IndexOf(parameterName)] = (SqliteParameter)value;
}
