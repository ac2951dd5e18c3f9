using System.Data.Common;

namespace Rouse.Store;

/// <summary>
/// One SQL database behind two engines. The SQL of the stores is written once, in what both understand (<c>@name</c> parameters,
/// <c>insert … on conflict</c>, <c>returning</c>; times as Unix milliseconds in <c>bigint</c>, flags as 0 and 1).
/// </summary>
public abstract class Database : IAsyncDisposable
{
    public abstract SqlDialect Dialect { get; }

    /// <summary>Runs the work in a transaction of its own and returns when it is durable. On an exception nothing of it remains.</summary>
    /// <remarks>The work may be run only on the given connection and must not wait for anything but the database.</remarks>
    public abstract ValueTask<T> WriteAsync<T>(Func<DbConnection, ValueTask<T>> work, CancellationToken ct = default);

    /// <summary>Runs reads on a snapshot.</summary>
    public abstract ValueTask<T> ReadAsync<T>(Func<DbConnection, ValueTask<T>> work, CancellationToken ct = default);

    public abstract ValueTask DisposeAsync();
}

/// <summary>The few places where the engines' SQL differs.</summary>
public enum SqlDialect
{
    Sqlite,
    Postgres,
}
