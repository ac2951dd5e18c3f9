using System.Security.Cryptography;
using Dapper;
using Rouse.Store.Tests.Engines;

namespace Rouse.Store.Tests.Durability;

public sealed class SqliteKillTests(SqliteEngine engine) : KillTests<SqliteEngine>(engine)
{
    [EngineFact]
    public async Task Write_WhenTheProcessIsKilledTwentyTimes_LeavesTheFileSound()
    {
        await KillWhileWritingAsync(rounds: 20);

        var verdict = await Engine.Database.ReadAsync(async connection => await connection.ExecuteScalarAsync<string>("pragma integrity_check"));
        Assert.Equal("ok", verdict);
    }
}

public sealed class PostgresKillTests(PostgresEngine engine) : KillTests<PostgresEngine>(engine);

public abstract class KillTests<TEngine>(TEngine engine) : IClassFixture<TEngine>
    where TEngine : Engine
{
    protected TEngine Engine => engine;

    [EngineFact]
    public async Task Write_WhenTheProcessIsKilled_LosesNothingAcknowledged() => await KillWhileWritingAsync(rounds: 3);

    [EngineFact]
    public async Task Migrate_WhenTheProcessIsKilledAtAnyStep_LetsTheNextStartGoOn()
    {
        for (var step = 0; step < Store.Migrations.Migration.All.Count + DeadlyList.Extra; step++)
        {
            using var fresh = new FreshLocation(engine);
            var location = await fresh.LocateAsync();
            using (var victim = Victim.Start("migrate", location, step.ToString(null as IFormatProvider)))
            {
                await victim.WaitForExitAsync();
                Assert.NotEqual(0, victim.ExitCode);
            }

            await using var database = await Database.OpenAsync(location);
            var version = await database.ReadAsync(async connection =>
                await connection.ExecuteScalarAsync<int>("select max(version) from rouse_schema"));
            Assert.Equal(Store.Migrations.Migration.All.Count, version);
        }
    }

    protected async Task KillWhileWritingAsync(int rounds)
    {
        for (var round = 0; round < rounds; round++)
        {
            using var victim = Victim.Start("write", engine.Location);
            var acknowledged = new List<string>();
            var enough = RandomNumberGenerator.GetInt32(1, 1500);
            while (await victim.StandardOutput.ReadLineAsync() is { } name)
            {
                acknowledged.Add(name);
                if (acknowledged.Count == enough) victim.Kill();
            }

            await victim.WaitForExitAsync();
            // The last line may have been cut by the kill.
            Assert.True(acknowledged.Count >= enough, "The writer ended by itself.");
            var stored = await engine.Database.ReadAsync(async connection =>
                (await connection.QueryAsync<string>("select name from settings")).ToHashSet(StringComparer.Ordinal));
            Assert.DoesNotContain(acknowledged.SkipLast(1), name => !stored.Contains(name));
        }
    }
}
