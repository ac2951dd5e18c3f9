using System.Globalization;
using Rouse.TestKit.Postgres;
using Xunit.Abstractions;

namespace Rouse.Chaos;

/// <summary>
/// Every run many times over, on SQLite and on PostgreSQL in turn. Runs for long, and therefore only where ROUSE_CHAOS_ROUNDS says how often;
/// <c>.ci/chaos</c> sets it and prints the table of docs/reliability.md.
/// </summary>
public sealed class LongTests(ITestOutputHelper output)
{
    /// <summary>Lives at once: each is a server and a fake of its own, and this many keep two cores busy.</summary>
    private const int AtOnce = 3;

    [LongFact]
    public async Task EveryPointManyTimes_LeavesNothingAndLosesNothing()
    {
        var rounds = int.Parse(Environment.GetEnvironmentVariable(LongFactAttribute.Variable)!, CultureInfo.InvariantCulture);
        var postgres = PostgresServer.MissingReason is null ? await PostgresServer.SharedAsync() : null;
        var lives = Enumerable.Range(0, rounds).SelectMany(round => Points.Runs.Select(run => (Round: round, Run: run))).ToList();
        var (kills, onPostgres, gate) = (0, 0, new Lock());
        List<string> broken = [];
        await Parallel.ForEachAsync(lives, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (life, _) =>
        {
            var database = postgres is not null && life.Round % 2 == 1 ? await postgres.CreateDatabaseAsync() : "";
            var killed = 0;
            var fault = await ChaosRun.ExecuteAsync(life.Run, database, count => killed = count);
            lock (gate)
            {
                kills += killed;
                if (database.Length > 0) onPostgres += killed;
                if (fault is not null) broken.Add($"round {life.Round}, {string.Join(", ", life.Run)}: {fault}");
            }
        });
        output.WriteLine(FormattableString.Invariant($"points {Points.Runs.Sum(run => run.Length)}, lives {lives.Count}, kills {kills} ({onPostgres} on PostgreSQL), broken {broken.Count}"));
        foreach (var fault in broken) output.WriteLine(fault);
        Assert.Empty(broken);
    }
}

[AttributeUsage(AttributeTargets.Method)]
public sealed class LongFactAttribute : FactAttribute
{
    public const string Variable = "ROUSE_CHAOS_ROUNDS";

    public LongFactAttribute()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { Length: > 0 }) Skip = $"Runs for long: set {Variable}, or use .ci/chaos.";
    }
}
