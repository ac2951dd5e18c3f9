using System.Data;
using System.Data.Common;
using Dapper;
using Npgsql;
using Rouse.Store.Migrations;

namespace Rouse.Store.Postgres;

/// <summary>The engine for several replicas. A write is one READ COMMITTED transaction, a read one snapshot.</summary>
public sealed class PostgresDatabase : Database
{
    private readonly NpgsqlDataSource _source;
    private readonly StoreOptions _options;

    private PostgresDatabase(NpgsqlDataSource source, StoreOptions options) => (_source, _options) = (source, options);

    public override SqlDialect Dialect => SqlDialect.Postgres;

    /// <summary>For what only PostgreSQL has, such as <c>LISTEN</c>.</summary>
    public NpgsqlDataSource Source => _source;

    /// <param name="connectionString">Npgsql's.</param>
    /// <exception cref="StorageException">Unreachable, not durable, or written by a newer Rouse.</exception>
    public static async ValueTask<PostgresDatabase> ConnectAsync(string connectionString, StoreOptions options, CancellationToken ct = default)
    {
        var source = NpgsqlDataSource.Create(connectionString);
        try
        {
            await RequireDurableAsync(source, ct);
            await PostgresMigrations.ApplyAsync(source, Migration.All, ct);
            return new PostgresDatabase(source, options);
        }
        catch (Exception error)
        {
            await source.DisposeAsync();
            if (error is NpgsqlException refused) throw PostgresFaults.Translate(refused);
            throw;
        }
    }

    public override async ValueTask<T> WriteAsync<T>(Func<DbConnection, ValueTask<T>> work, CancellationToken ct = default)
    {
        for (var retries = 0; ; retries++)
        {
            try
            {
                return await WriteOnceAsync(work, ct);
            }
            catch (PostgresException error) when (PostgresFaults.IsConflict(error) && retries < _options.MaxTransactionRetries)
            {
                // Rolled back whole; the transaction it lost against has gone ahead.
            }
            catch (NpgsqlException error) when (PostgresFaults.IsOfStorage(error))
            {
                throw PostgresFaults.Translate(error);
            }
        }
    }

    public override async ValueTask<T> ReadAsync<T>(Func<DbConnection, ValueTask<T>> work, CancellationToken ct = default)
    {
        try
        {
            await using var connection = await _source.OpenConnectionAsync(ct);
            await connection.ExecuteAsync("begin isolation level repeatable read read only");
            var result = await work(connection);
            await connection.ExecuteAsync("commit");
            return result;
        }
        catch (NpgsqlException error) when (PostgresFaults.IsOfStorage(error))
        {
            throw PostgresFaults.Translate(error);
        }
    }

    public override ValueTask DisposeAsync() => _source.DisposeAsync();

    private async ValueTask<T> WriteOnceAsync<T>(Func<DbConnection, ValueTask<T>> work, CancellationToken ct)
    {
        await using var connection = await _source.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, ct);
        var result = await work(connection);
        // Once begun it is finished: a commit cut off half-way would leave the caller not knowing.
        await transaction.CommitAsync(CancellationToken.None);
        return result;
    }

    private static async Task RequireDurableAsync(NpgsqlDataSource source, CancellationToken ct)
    {
        await using var command = source.CreateCommand("show synchronous_commit");
        if (await command.ExecuteScalarAsync(ct) is not "off") return;
        throw new StorageException(
            StorageCodes.NotDurable,
            "PostgreSQL's synchronous_commit is off, so it may lose what it has acknowledged. Set it to on.");
    }
}
