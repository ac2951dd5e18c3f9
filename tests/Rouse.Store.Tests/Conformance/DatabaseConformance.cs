using System.Data.Common;
using Dapper;
using Rouse.Store.Tests.Engines;

namespace Rouse.Store.Tests.Conformance;

public sealed class SqliteDatabaseTests(SqliteEngine engine) : DatabaseConformance<SqliteEngine>(engine);

public sealed class PostgresDatabaseTests(PostgresEngine engine) : DatabaseConformance<PostgresEngine>(engine);

public abstract class DatabaseConformance<TEngine>(TEngine engine) : IClassFixture<TEngine>
    where TEngine : Engine
{
    private readonly Database _database = engine.Database;

    [EngineFact]
    public async Task Write_WhenItReturns_IsReadByTheNextRead()
    {
        await PutAsync("seen", "1");

        Assert.Equal("1", await GetAsync("seen"));
    }

    [EngineFact]
    public async Task Write_WhenTheWorkThrows_LeavesNothingBehind()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await _database.WriteAsync<int>(async connection =>
        {
            await PutAsync(connection, "half", "1");
            throw new InvalidOperationException("the caller's own");
        }));

        Assert.Null(await GetAsync("half"));
    }

    [EngineFact]
    public async Task Write_WhenOneOfManyFails_UndoesOnlyThatOne()
    {
        var writes = Enumerable.Range(0, 200).Select(i => Task.Run(async () => await _database.WriteAsync<int>(async connection =>
        {
            await PutAsync(connection, $"group-{i}", "1");
            // Every third breaks a rule of the database, every seventh throws on its own.
            if (i % 3 == 0) await connection.ExecuteAsync("insert into settings (name, value) values (@name, null)", new { name = $"null-{i}" });
            if (i % 7 == 0) throw new InvalidOperationException();
            return i;
        }))).ToList();
        await Task.WhenAll(writes.Select(write => write.ContinueWith(_ => 0, TaskScheduler.Default)));

        var stored = await _database.ReadAsync(async connection =>
            (await connection.QueryAsync<string>("select name from settings where name like 'group-%'")).ToHashSet(StringComparer.Ordinal));
        for (var i = 0; i < writes.Count; i++)
        {
            Assert.Equal(i % 3 != 0 && i % 7 != 0, writes[i].IsCompletedSuccessfully);
            Assert.Equal(i % 3 != 0 && i % 7 != 0, stored.Contains($"group-{i}"));
        }
    }

    [EngineFact]
    public async Task Read_WhileAWriteLands_KeepsItsSnapshot()
    {
        await PutAsync("snapshot", "before");

        var (first, second) = await _database.ReadAsync(async connection =>
        {
            var before = await GetAsync(connection, "snapshot");
            await PutAsync("snapshot", "after");
            return (before, await GetAsync(connection, "snapshot"));
        });

        Assert.Equal(("before", "before", "after"), (first, second, await GetAsync("snapshot")));
    }

    [EngineFact]
    public async Task Write_WhenCancelledBeforeItStarts_DoesNotHappen()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            await _database.WriteAsync(connection => PutAsync(connection, "cancelled", "1"), cancelled.Token));

        Assert.Null(await GetAsync("cancelled"));
    }

    [EngineFact]
    public async Task Open_WhenTheSchemaIsNewerThanTheProgram_RefusesWithACode()
    {
        await _database.WriteAsync(async connection =>
            await connection.ExecuteAsync("insert into rouse_schema (version, name) values (999, 'of the future')"));

        var refused = await Assert.ThrowsAsync<StorageException>(async () => await Database.OpenAsync(engine.Location));

        Assert.Equal(StorageCodes.SchemaTooNew, refused.Code);
        await _database.WriteAsync(async connection => await connection.ExecuteAsync("delete from rouse_schema where version = 999"));
    }

    [EngineFact]
    public async Task Open_WhenManyStartAtOnce_AllSeeOneSchema()
    {
        var opened = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () => await Database.OpenAsync(engine.Location))));

        foreach (var database in opened) await database.DisposeAsync();
    }

    private async Task PutAsync(string name, string value) => await _database.WriteAsync(connection => PutAsync(connection, name, value));

    private async Task<string?> GetAsync(string name) => await _database.ReadAsync(connection => GetAsync(connection, name));

    private static async ValueTask<int> PutAsync(DbConnection connection, string name, string value) => await connection.ExecuteAsync(
        "insert into settings (name, value) values (@name, @value) on conflict (name) do update set value = excluded.value", new { name, value });

    private static async ValueTask<string?> GetAsync(DbConnection connection, string name) =>
        await connection.ExecuteScalarAsync<string?>("select value from settings where name = @name", new { name });
}
