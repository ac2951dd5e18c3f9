using Rouse.Store;
using Rouse.TestKit.Postgres;
using Xunit.Abstractions;

namespace Rouse.Simulation.Webhooks;

/// <summary>No event is lost, whoever is down and whenever the sender dies. ROUSE_WEBHOOKS=deep makes it as long as docs/reliability.md tells (.ci/webhooks).</summary>
public sealed class WebhookFaultTests(ITestOutputHelper output)
{
    private static readonly bool s_isDeep = Environment.GetEnvironmentVariable("ROUSE_WEBHOOKS") == "deep";

    [Fact]
    public async Task ASenderThatIsKilled_AndReceiversThatAreDown_LoseNothing()
    {
        var folder = Directory.CreateTempSubdirectory("rouse-hooks-").FullName;
        try
        {
            var plan = s_isDeep ? new WebhookPlan(100_000, 200, TimeSpan.FromHours(76), 1) : new WebhookPlan(2_000, 20, TimeSpan.FromHours(8), 1);
            await PlayAsync("sqlite:" + Path.Combine(folder, "rouse.db"), plan);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [ServerFact]
    public async Task OnPostgres_TheyLoseNothingEither() =>
        await PlayAsync(await (await PostgresServer.SharedAsync()).CreateDatabaseAsync(), new WebhookPlan(s_isDeep ? 5_000 : 300, s_isDeep ? 50 : 10, TimeSpan.FromHours(2), 2));

    private async Task PlayAsync(string location, WebhookPlan plan)
    {
        await using var run = new WebhookRun(await Database.OpenAsync(location), plan);
        await run.PlayAsync();
        foreach (var row in run.Table()) output.WriteLine(row);
        Assert.Equal(0, run.Lost);
        Assert.Equal(plan.Kills, run.Kills);
        Assert.All(run.All, receiver => Assert.Equal((0, 0), (receiver.NotSigned, receiver.UnderAnotherId)));
        Assert.All(run.All, receiver => Assert.InRange(receiver.MostInTheAir, 1, 4));
        Assert.InRange(run.HealthyP99, 0, 1000);
        Assert.Empty(run.Dead.Taken);
        Assert.True(run.Dead.Tries > plan.Events / 10, "The dead receiver was hardly tried, so it could have delayed nobody.");
    }
}

/// <summary>A fact that needs PostgreSQL: skipped, saying so, where it is missing, unless <c>ROUSE_REQUIRE_SERVERS=1</c>.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ServerFactAttribute : FactAttribute
{
    public ServerFactAttribute()
    {
        if (Environment.GetEnvironmentVariable("ROUSE_REQUIRE_SERVERS") != "1") Skip = PostgresServer.MissingReason;
    }
}
