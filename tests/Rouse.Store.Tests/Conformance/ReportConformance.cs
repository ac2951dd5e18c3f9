using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Store.Deployments;
using Rouse.Store.Events;
using Rouse.Store.Tests.Engines;
using static Rouse.Store.Tests.Engines.StoreWorld;

namespace Rouse.Store.Tests.Conformance;

public sealed class SqliteReportTests(SqliteEngine engine) : ReportConformance<SqliteEngine>(engine);

public sealed class PostgresReportTests(PostgresEngine engine) : ReportConformance<PostgresEngine>(engine);

/// <summary>Reports that come late, twice or in any order (<see cref="ReportRules"/> is tried with every history in Rouse.Simulation).</summary>
public abstract class ReportConformance<TEngine>(TEngine engine) : IClassFixture<TEngine>
    where TEngine : Engine
{
    private readonly StoreWorld _world = new(engine.Database);

    [EngineFact]
    public async Task Reports_InEveryOrder_AndTwice_EndTheSame()
    {
        AttemptReport[] said =
        [
            Report(1, Phase.DownloadingModel), Report(2, null, progress: 10), Report(3, Phase.LoadingModel), Report(4, null, progress: 20), Report(5, Phase.Ready),
        ];
        foreach (var order in Orders(said.Length))
        {
            var id = await StartedAsync();
            foreach (var index in order) Assert.Equal(ReportOutcome.Applied, await ApplyAsync(id, said[index]));
            foreach (var index in order) Assert.Equal(ReportOutcome.Duplicate, await ApplyAsync(id, said[index]));

            Assert.Equal(Phase.Ready, (await _world.LoadAsync(id)).Phase);
            var news = (await _world.EventsAsync(id)).Select(one => one.News).ToList();
            Assert.Equal(20, news.OfType<ProgressEntry>().Last().Done);
            Assert.Equal(5, news.OfType<LogEntry>().Count());
        }
    }

    [EngineFact]
    public async Task Report_OfALifeBefore_DoesNotHoldBackTheNext()
    {
        var id = await StartedAsync();
        await ApplyAsync(id, Report(7, Phase.LoadingModel));
        await ApplyAsync(id, Report(1, Phase.Ready) with { Worker = "w/second", MessageId = "msg_second_1" });
        Assert.Equal(Phase.Ready, (await _world.LoadAsync(id)).Phase);
    }

    [EngineFact]
    public async Task Report_OfAWorkerThatServesAnotherDeploymentByNow_ChangesNothing_AndDoesNotEndIt()
    {
        var backend = new BackendId("shared-" + NewId());
        var host = await _world.InsertAsync(warmKey: backend.Value);
        await _world.BeginAsync(host);
        await _world.Deployments.RecordBackendAsync(_world.Tenant, host, 1, backend, None);
        await _world.AdvanceAsync(host, Phase.Ready);
        var guest = new NewDeployment { Id = NewId(), Spec = Spec(), CreatedAt = _world.Time.GetUtcNow(), WarmKey = backend.Value };
        Assert.NotNull(await _world.Deployments.TryInsertSharedAsync(_world.Tenant, guest, None));
        await _world.AdvanceAsync(host, Phase.Deleting);
        await _world.AdvanceAsync(host, Phase.Deleted);
        var before = (await _world.EventsAsync(host)).Count;

        Assert.Equal(ReportOutcome.Lent, await ApplyAsync(host, Report(1, Phase.LoadingModel)));
        Assert.Equal(before, (await _world.EventsAsync(host)).Count);
        Assert.Equal(ReportOutcome.Stale, await ApplyAsync(host, Report(1, Phase.LoadingModel) with { Attempt = 2 }));

        await _world.AdvanceAsync(guest.Id, Phase.Deleting, attempt: 0);
        Assert.Equal(ReportOutcome.Stale, await ApplyAsync(host, Report(1, Phase.LoadingModel)));
    }

    [EngineFact]
    public async Task TimesOfAStart_AreKeptOfEachAttempt_ShownOfTheNewest_AndToldWithReady()
    {
        var coldStarts = new ColdStartStore(engine.Database);
        var first = new ColdStartTimes(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(2.5), TimeSpan.Zero, "hub", 12_345);
        var second = new ColdStartTimes(null, TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(125), null, null);
        var id = await _world.InsertAsync(Spec("acme/timed"));
        await _world.BeginAsync(id);
        Assert.Null(await coldStarts.FindAsync(_world.Tenant, id, None));

        var ready = Report(1, Phase.Ready) with { Times = first };
        Assert.Equal(ReportOutcome.Applied, await ApplyAsync(id, ready));
        Assert.Equal(ReportOutcome.Duplicate, await ApplyAsync(id, ready with { Times = second }));
        Assert.Equal(ReportOutcome.Stale, await ApplyAsync(id, Report(2, Phase.Ready) with { Attempt = 2, Times = second }));
        Assert.Equal(first, await coldStarts.FindAsync(_world.Tenant, id, None));
        Assert.Equal(first, (await _world.EventsAsync(id)).Select(one => one.News).OfType<PhaseChange>().Last().ColdStart);

        // Another worker of the same attempt, which a scaler started later.
        await ApplyAsync(id, Report(1, Phase.Ready) with { Worker = "w/second", MessageId = "msg_second_1", Times = second });
        Assert.Equal(second, await coldStarts.FindAsync(_world.Tenant, id, None));
        Assert.Null(await coldStarts.FindAsync(Core.Tenancy.TenantId.Parse("stranger"), id, None));
        Assert.Equal([second], await coldStarts.OfAsync(Spec("acme/timed").Model, "local", None));
        Assert.Empty(await coldStarts.OfAsync(Spec("acme/timed").Model, "runpod", None));
    }

    private async Task<DeploymentId> StartedAsync()
    {
        var id = await _world.InsertAsync();
        await _world.BeginAsync(id);
        return id;
    }

    private async Task<ReportOutcome> ApplyAsync(DeploymentId id, AttemptReport report) =>
        await _world.Deployments.ApplyReportAsync(_world.Tenant, id, report, None);

    private AttemptReport Report(long number, Phase? phase, long? progress = null) => new(
        1, "w/first", number, phase, null, [new LogEntry(_world.Time.GetUtcNow(), "info", $"line {number}")],
        progress is { } done ? new ProgressEntry("download", done, 20, "bytes") : null);

    private static IEnumerable<int[]> Orders(int count) => count == 0
        ? [[]]
        : Orders(count - 1).SelectMany(shorter => Enumerable.Range(0, count).Select(at => (int[])[.. shorter[..at], count - 1, .. shorter[at..]]));
}
