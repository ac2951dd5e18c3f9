using Rouse.Core.Deployments;
using Rouse.Store.Deployments;
using Rouse.Store.Events;
using Rouse.Store.Tests.Engines;
using static Rouse.Store.Tests.Engines.StoreWorld;

namespace Rouse.Store.Tests.Conformance;

public sealed class SqliteEventTests(SqliteEngine engine) : EventConformance<SqliteEngine>(engine);

public sealed class PostgresEventTests(PostgresEngine engine) : EventConformance<PostgresEngine>(engine);

public abstract class EventConformance<TEngine>(TEngine engine) : IClassFixture<TEngine>
    where TEngine : Engine
{
    private readonly StoreWorld _world = new(engine.Database);

    private LogStore Logs => new(engine.Database, _world.Events, _world.Time);

    [EngineFact]
    public async Task ReadAfter_WhileManyWrite_MissesNothing()
    {
        const int Writers = 8, Each = 20;
        var id = await _world.InsertAsync();
        var news = new SemaphoreSlim(0);
        _world.Events.Appended += changed =>
        {
            if (changed == id) news.Release();
        };
        var writing = Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; i < Each; i++) await Logs.AppendAsync(_world.Tenant, id, [Line($"{writer}/{i}")], None);
        })));

        // Resumes behind the last number seen, woken by the notice only: a number that became visible late would be missed.
        var seen = new List<DeploymentEvent>();
        while (seen.Count < (Writers * Each) + 1)
        {
            seen.AddRange(await _world.EventsAsync(id, seen.Count == 0 ? 0 : seen[^1].Seq));
            if (seen.Count < (Writers * Each) + 1) Assert.True(await news.WaitAsync(TimeSpan.FromSeconds(60)), "No notice came.");
        }

        await writing;
        Assert.Equal(seen.OrderBy(happened => happened.Seq).Select(happened => happened.Seq), seen.Select(happened => happened.Seq));
        Assert.Equal(seen[^1].Seq, await _world.Events.LatestAsync(_world.Tenant, id, None));
        Assert.Equal(Writers * Each, seen.Select(happened => happened.News).OfType<LogEntry>().Select(entry => entry.Message).Distinct().Count());
    }

    [EngineFact]
    public async Task Logs_WhenThereAreTooMany_KeepTheNewest()
    {
        var id = await _world.InsertAsync();
        for (var batch = 0; batch < 3; batch++)
        {
            var lines = Enumerable.Range(batch * 300, 300).Select(i => Line($"line {i}")).ToArray();
            Assert.True(await Logs.AppendAsync(_world.Tenant, id, lines, None));
        }

        var kept = await Logs.NewestAsync(_world.Tenant, id, 10_000, None);

        Assert.Equal(Enumerable.Range(400, LogLimits.Default.MaxEntries).Select(i => $"line {i}"), kept.Select(line => line.Message));
        Assert.Equal(["line 898", "line 899"], (await Logs.NewestAsync(_world.Tenant, id, 2, None)).Select(line => line.Message));
        Assert.Equal([Phase.Accepted], await _world.PhasesAsync(id));
    }

    [EngineFact]
    public async Task Logs_OfADeploymentThatGoesOn_AreForgottenAfterTheirTime_AndOfOneThatEndedStay()
    {
        var (living, quiet, ended) = (await _world.InsertAsync(), await _world.InsertAsync(), await _world.InsertAsync());
        foreach (var id in new[] { living, quiet, ended }) await Logs.AppendAsync(_world.Tenant, id, [Line("old")], None);
        await _world.AdvanceAsync(ended, Phase.Failed, attempt: 0, new FailureCause(FailureCodes.NoCapacity, "None."));
        Assert.True(await _world.Deployments.MarkReleasedAsync(_world.Tenant, ended, None));
        _world.Time.Advance(LogLimits.Default.TimeToLive + TimeSpan.FromSeconds(1));

        await Logs.AppendAsync(_world.Tenant, living, [Line("new")], None);
        Assert.Equal(["new"], (await Logs.NewestAsync(_world.Tenant, living, 10, None)).Select(line => line.Message));
        await Logs.PruneAsync(None);
        Assert.Empty(await Logs.NewestAsync(_world.Tenant, quiet, 10, None));
        Assert.Equal(["old"], (await Logs.NewestAsync(_world.Tenant, ended, 10, None)).Select(line => line.Message));
        Assert.Equal([Phase.Accepted], await _world.PhasesAsync(quiet));
    }

    [EngineFact]
    public async Task Logs_WhenALineIsHostile_AreKeptReadableAndBounded()
    {
        var id = await _world.InsertAsync();
        await Logs.AppendAsync(_world.Tenant, id, [Line("a\0b\uD800c'; drop table events; --"), Line(new string('x', 1_000_000))], None);

        var kept = await Logs.NewestAsync(_world.Tenant, id, 10, None);

        Assert.Equal("a\uFFFDb\uFFFDc'; drop table events; --", kept[0].Message);
        Assert.Equal(StorableText.MaxMessageLength, kept[1].Message.Length);
        Assert.False(await Logs.AppendAsync(_world.Tenant, NewId(), [Line("nobody's")], None));
    }

    [EngineFact]
    public async Task Report_WhenSentAgain_CountsOnce()
    {
        var id = await _world.InsertAsync();
        await _world.BeginAsync(id);
        var report = new AttemptReport(
            1, "w1", 1, Phase.DownloadingModel, null, [Line("downloading")], new ProgressEntry("download", 1, 10, "bytes"));

        Assert.Equal(ReportOutcome.Applied, await _world.Deployments.ApplyReportAsync(_world.Tenant, id, report, None));
        Assert.Equal(ReportOutcome.Duplicate, await _world.Deployments.ApplyReportAsync(_world.Tenant, id, report, None));
        Assert.Equal(ReportOutcome.Stale, await _world.Deployments.ApplyReportAsync(_world.Tenant, id, report with { Attempt = 2 }, None));
        Assert.Equal(ReportOutcome.NotFound, await _world.Deployments.ApplyReportAsync(_world.Tenant, NewId(), report, None));

        EventNews[] expected = [report.Logs[0], report.Progress!, new PhaseChange(Phase.DownloadingModel, 1)];
        Assert.Equal(expected, (await _world.EventsAsync(id)).TakeLast(3).Select(happened => happened.News));
    }

    [EngineFact]
    public async Task Report_WhenItTellsOfAFailure_KeepsTheCause()
    {
        var id = await _world.InsertAsync();
        await _world.BeginAsync(id);
        var cause = new FailureCause(FailureCodes.ModelGated, "Accept the licence, then deploy again.");

        await _world.Deployments.ApplyReportAsync(_world.Tenant, id, new AttemptReport(1, "w1", 1, Phase.Failed, cause, [], null), None);

        var row = await _world.LoadAsync(id);
        Assert.Equal((Phase.Failed, cause, _world.Time.GetUtcNow()), (row.Phase, row.Error, row.EndedAt));
        Assert.Equal(new PhaseChange(Phase.Failed, 1, cause), (await _world.EventsAsync(id))[^1].News);
    }

    private LogEntry Line(string message) => new(_world.Time.GetUtcNow(), "info", message);
}
