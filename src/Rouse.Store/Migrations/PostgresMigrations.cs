using Dapper;
using Npgsql;

namespace Rouse.Store.Migrations;

/// <summary>Runs what is missing in one transaction under an advisory lock: one replica at a time, and the lock dies with its holder.</summary>
internal static class PostgresMigrations
{
    /// <summary>The letters of "rouse": an arbitrary number that nothing else in the database locks.</summary>
    private const long LockKey = 0x726F757365;

    public static async Task ApplyAsync(NpgsqlDataSource source, IReadOnlyList<Migration> all, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await connection.ExecuteAsync("select pg_advisory_xact_lock(@LockKey)", new { LockKey });
        await connection.ExecuteAsync("create table if not exists rouse_schema (version bigint primary key, name text not null)");
        var version = await connection.ExecuteScalarAsync<long>("select coalesce(max(version), 0) from rouse_schema");
        foreach (var migration in Migration.Missing(all, version))
        {
            await connection.ExecuteAsync(migration.SqlFor(SqlDialect.Postgres));
            await connection.ExecuteAsync(
                "insert into rouse_schema (version, name) values (@Number, @Name)",
                new { Number = (long)migration.Number, migration.Name });
        }

        await transaction.CommitAsync(ct);
    }
}
