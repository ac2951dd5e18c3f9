using System.Data.Common;

namespace Rouse.Store.Sqlite.Provider;

/// <summary>SQLite refused. <see cref="ExtendedCode"/> is one of https://www.sqlite.org/rescode.html.</summary>
internal sealed class SqliteException(int extendedCode, string message, string? sql)
    : DbException(sql is null ? $"SQLite {extendedCode}: {message}" : $"SQLite {extendedCode}: {message} in: {sql}")
{
    public int ExtendedCode { get; } = extendedCode;

    public int Code => ExtendedCode & 0xff;

    public override int ErrorCode => ExtendedCode;

    public override bool IsTransient => Code is SqliteNative.Busy or SqliteNative.Locked;
}
