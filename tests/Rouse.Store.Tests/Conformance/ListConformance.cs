using Rouse.Core.Deployments;
using Rouse.Store.Deployments;
using Rouse.Store.Tests.Engines;
using static Rouse.Store.Tests.Engines.StoreWorld;

namespace Rouse.Store.Tests.Conformance;

public sealed class SqliteListTests(SqliteEngine engine) : ListConformance<SqliteEngine>(engine);

public sealed class PostgresListTests(PostgresEngine engine) : ListConformance<PostgresEngine>(engine);

public abstract class ListConformance<TEngine>(TEngine engine) : IClassFixture<TEngine>
    where TEngine : Engine
{
    private readonly StoreWorld _world = new(engine.Database);

    [EngineFact]
    public async Task List_WhenRowsAppearBetweenPages_ShowsEachOldRowOnce()
    {
        var ids = new List<DeploymentId>();
        for (var i = 0; i < 7; i++)
        {
            ids.Add(await _world.InsertAsync());
            // Some are created within the same millisecond.
            if (i % 2 == 0) _world.Time.Advance(TimeSpan.FromSeconds(1));
        }

        var seen = new List<DeploymentId>();
        ListCursor? after = null;
        do
        {
            var page = await _world.Deployments.ListAsync(_world.Tenant, new DeploymentQuery(null, 3, after), None);
            Assert.All(page.Items, item => Assert.Single(item.Phases));
            seen.AddRange(page.Items.Select(item => item.State.Id).Where(ids.Contains));
            Assert.True(page.Next is null || ListCursor.TryParse(page.Next.ToString(), out after));
            if (page.Next is null) break;
            _world.Time.Advance(TimeSpan.FromSeconds(1));
            await _world.InsertAsync();
        }
        while (true);

        Assert.Equal(ids.Count, seen.Count);
        Assert.Equal(ids.ToHashSet(), seen.ToHashSet());
    }

    [EngineFact]
    public async Task List_WhenAPhaseIsAskedFor_CountsOnlyThat()
    {
        var ready = await _world.InsertAsync();
        await _world.BeginAsync(ready);
        await _world.AdvanceAsync(ready, Phase.Ready);
        await _world.InsertAsync();

        var page = await _world.Deployments.ListAsync(_world.Tenant, new DeploymentQuery(Phase.Ready, 10), None);

        Assert.Equal((1, null), (page.Total, page.Next));
        Assert.Equal(ready, Assert.Single(page.Items).State.Id);
        Assert.Equal(2, (await _world.Deployments.ListAsync(_world.Tenant, new DeploymentQuery(null, 10), None)).Total);
    }

    [EngineFact]
    public async Task Figures_WhenDeploymentsStartedAndFailed_AreCountedAndTimed()
    {
        var figures = new DeploymentFigures(engine.Database);
        var before = await figures.TotalsAsync(None);
        for (var seconds = 1; seconds <= 3; seconds++)
        {
            var id = await _world.InsertAsync(Spec("acme/measured"));
            await _world.BeginAsync(id);
            _world.Time.Advance(TimeSpan.FromSeconds(seconds));
            await _world.AdvanceAsync(id, Phase.Ready);
        }

        var failed = await _world.InsertAsync();
        await _world.AdvanceAsync(failed, Phase.Failed, attempt: 0, new FailureCause(FailureCodes.DiskFull, "Free some space."));

        var totals = await figures.TotalsAsync(None);
        var starts = await figures.StartDurationsAsync(Spec("acme/measured").Model, "local", None);
        Assert.Equal((before.CreatedTotal + 4, before.ReadyTotal + 3), (totals.CreatedTotal, totals.ReadyTotal));
        Assert.Equal(before.ReadyTime + TimeSpan.FromSeconds(6), totals.ReadyTime);
        Assert.Equal(1, totals.FailedByCode[FailureCodes.DiskFull]);
        Assert.Equal([3, 2, 1], starts.OfModel.Select(span => span.TotalSeconds));
        Assert.Equal([3, 2, 1], starts.OfAll.Take(3).Select(span => span.TotalSeconds));
        Assert.Empty((await figures.StartDurationsAsync(Spec("acme/unknown").Model, "local", None)).OfModel);
        var elsewhere = await figures.StartDurationsAsync(Spec("acme/measured").Model, "elsewhere", None);
        Assert.Equal((0, 0), (elsewhere.OfModel.Count, elsewhere.OfAll.Count));
    }

    [EngineFact]
    public async Task ListActive_WhenTakenInPages_ShowsAllOnce()
    {
        var ids = new HashSet<DeploymentId>();
        for (var i = 0; i < 5; i++) ids.Add(await _world.InsertAsync());

        var seen = new List<DeploymentId>();
        for (IReadOnlyList<DeploymentKey> page = []; ; seen.AddRange(page.Select(key => key.Id)))
        {
            page = await _world.Deployments.ListActiveAsync(seen.Count == 0 ? null : seen[^1], 2, None);
            if (page.Count == 0) break;
        }

        Assert.Equal(seen.Count, seen.Distinct().Count());
        Assert.Superset(ids, seen.ToHashSet());
    }
}
