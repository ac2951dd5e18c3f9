using System.Data.Common;
using Dapper;
using Rouse.Store.Postgres;
using Rouse.Store.Sqlite;

namespace Rouse.Store;

/// <summary>
/// One SQL database behind two engines. The SQL of the stores is written once, in what both understand (<c>@name</c> parameters,
/// <c>insert … on conflict</c>, <c>returning</c>; times as Unix milliseconds in <c>bigint</c>, flags as 0 and 1).
/// </summary>
/// <remarks>
/// Dapper maps <c>snake_case</c> columns to properties; use rows with settable properties, not positional records (an engine's integers are all
/// long).
/// </remarks>
public abstract class Database : IAsyncDisposable
{
    static Database() => DefaultTypeMap.MatchNamesWithUnderscores = true;

    public abstract SqlDialect Dialect { get; }

    /// <summary>Opens the database and brings its schema up to date.</summary>
    /// <param name="location"><c>sqlite:/path/to/file</c>, <c>postgres://user:password@host:port/database</c>, or <c>postgres:</c> and a connection
    /// string of Npgsql.</param>
    /// <exception cref="StorageException">With one of <see cref="StorageCodes"/>.</exception>
    public static async ValueTask<Database> OpenAsync(string location, StoreOptions? options = null, CancellationToken ct = default)
    {
        options ??= new StoreOptions();
        if (location.StartsWith("sqlite:", StringComparison.Ordinal))
        {
            return await SqliteDatabase.OpenFileAsync(location["sqlite:".Length..], options, ct);
        }
        if (PostgresLocation.TryParse(location) is { } connection) return await PostgresDatabase.ConnectAsync(connection, options, ct);
        throw new StorageException(StorageCodes.BadLocation, "A database location begins with sqlite: or postgres:.");
    }

    /// <summary>Runs the work in a transaction of its own and returns when it is durable. On an exception nothing of it remains.</summary>
    /// <remarks>
    /// The work may use only the given connection, must not wait for anything but the database, and may be run more than once, so it starts from
    /// its arguments each time. Cancelling helps only before it starts.
    /// </remarks>
    public abstract ValueTask<T> WriteAsync<T>(Func<DbConnection, ValueTask<T>> work, CancellationToken ct = default);

    /// <summary>Runs reads on a snapshot.</summary>
    public abstract ValueTask<T> ReadAsync<T>(Func<DbConnection, ValueTask<T>> work, CancellationToken ct = default);

    public abstract ValueTask DisposeAsync();
}
