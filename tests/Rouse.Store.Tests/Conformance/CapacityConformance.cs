using Dapper;
using Rouse.Core.Analytics;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.Store.Costs;
using Rouse.Store.Tests.Engines;
using static Rouse.Store.Tests.Engines.StoreWorld;

namespace Rouse.Store.Tests.Conformance;

public sealed class SqliteCapacityTests(SqliteEngine engine) : CapacityConformance<SqliteEngine>(engine);

public sealed class PostgresCapacityTests(PostgresEngine engine) : CapacityConformance<PostgresEngine>(engine);

/// <summary>The steps of what backends cost, and who uses them.</summary>
public abstract class CapacityConformance<TEngine>(TEngine engine) : IClassFixture<TEngine>
    where TEngine : Engine
{
    private static readonly CapacityFigures s_figures = new(1, 2, 0.000191666666666666666667m, 0.0123456789m);
    private readonly StoreWorld _world = new(engine.Database);
    private readonly CapacityStore _store = new(engine.Database);

    [EngineFact]
    public async Task ASpan_IsReadBackAsItWasWritten_ToTheLastDigitOfItsPrice()
    {
        var id = await _world.InsertAsync();
        var written = Span(id, "ep_a") with { Guessed = TimeSpan.FromSeconds(2), Unobserved = TimeSpan.FromSeconds(3) };
        await PutAsync(id, written);
        Assert.Equal(written, Assert.Single(await ListAsync(id)) with { Id = 0 });
    }

    [EngineFact]
    public async Task ABackend_HasOneOpenSpan_WhoeverLooksAtIt()
    {
        var (first, second) = (await _world.InsertAsync(), await _world.InsertAsync());
        await Task.WhenAll(Enumerable.Range(0, 10).Select(i => PutAsync(i % 2 == 0 ? first : second, Span(i % 2 == 0 ? first : second, "ep_b"))));
        Assert.Single((await ListAsync(first)).Concat(await ListAsync(second)));
    }

    [EngineFact]
    public async Task AStepThatEnds_MakesRoomForTheNext_InOneTransaction()
    {
        var id = await _world.InsertAsync();
        await PutAsync(id, Span(id, "ep_c"));
        var open = Assert.Single(await ListAsync(id));
        await PutAsync(id, Span(id, "ep_c") with { Attempt = 2 }, open with { IsOpen = false });
        Assert.Equal([(1, false), (2, true)], (await ListAsync(id)).Select(span => (span.Attempt, span.IsOpen)));
        // Late news of what has ended changes nothing.
        await PutAsync(id, open with { SeenAt = open.SeenAt.AddHours(1) });
        Assert.Equal(open.SeenAt, (await ListAsync(id))[0].SeenAt);
    }

    [EngineFact]
    public async Task ALook_IsToldOfOpenSpansAndOfWhoUsesTheBackends_OfItsOwnTenantOnly()
    {
        var (creator, guest) = (await StartedAsync("ep_d"), await StartedAsync("ep_d"));
        await StartedAsync("ep_other");
        await PutAsync(creator, Span(creator, "ep_d"));
        var book = await LookAsync(guest, ("ep_d", creator));
        Assert.Equal(creator, Assert.Single(book.Open).Deployment);
        Assert.Equal(new HashSet<DeploymentId> { creator, guest }, book.Users.Select(user => user.Id).ToHashSet());
        // A look that does not show the backend is still told of the span that it should have ended.
        Assert.Single((await LookAsync(creator)).Open);
        Assert.Empty((await LookAsync(guest)).Open);

        var stranger = new StoreWorld(engine.Database);
        CapacityBook? seen = null;
        await _store.NoteAsync(stranger.Tenant, guest, [(new BackendId("ep_d"), creator)], book => Keep(book, out seen), None);
        Assert.Equal((0, 0), (seen!.Open.Count, seen.Users.Count));
    }

    [EngineFact]
    public async Task JobsTellHowLongWorkersServed_UnlessSomeRanTwiceOrOthersUseTheBackend()
    {
        var id = await StartedAsync("ep_e");
        var now = _world.Time.GetUtcNow();
        Assert.Equal(TimeSpan.Zero, await _store.BusyAsync(_world.Tenant, id, now, None));
        await JobAsync(id, "ended", now.AddSeconds(-30), now.AddSeconds(-10));
        await JobAsync(id, "running", now.AddSeconds(-5), ended: null);
        await JobAsync(id, "waiting", taken: null, ended: null);
        Assert.Equal(TimeSpan.FromSeconds(25), await _store.BusyAsync(_world.Tenant, id, now, None));
        await StartedAsync("ep_e");
        Assert.Null(await _store.BusyAsync(_world.Tenant, id, now, None));

        var other = await StartedAsync("ep_f");
        await JobAsync(other, "twice", now.AddSeconds(-5), now, again: 1);
        Assert.Null(await _store.BusyAsync(_world.Tenant, other, now, None));
    }

    [EngineFact]
    public async Task Totals_AreWorkerTimeOfAllSpans_AndThoseOfABackendAreFoundWhoeverTheyAreCountedOn()
    {
        var (first, second) = (await _world.InsertAsync(), await _world.InsertAsync());
        var before = await _store.TotalsAsync(None);
        await PutAsync(first, Span(first, "ep_g") with { IsOpen = false });
        await PutAsync(second, Span(second, "ep_g"));
        var after = await _store.TotalsAsync(None);
        Assert.Equal((10d, 20d), ((after.Starting - before.Starting).TotalSeconds, (after.Ready - before.Ready).TotalSeconds));
        Assert.Equal([first, second], (await _store.OfBackendsAsync(_world.Tenant, [new BackendId("ep_g")], None)).Select(span => span.Deployment));
    }

    private async Task JobAsync(DeploymentId id, string job, DateTimeOffset? taken, DateTimeOffset? ended, int again = 0) => await engine.Database.WriteAsync(
        async connection => await connection.ExecuteAsync(
            """
            insert into jobs (deployment, id, tenant, status, low, place, queued_at, taken_at, ended_at, tries, again, execution_ms, ttl_ms, drop_at, due_at, chunks, chunk_bytes)
            values (@id, @job, 'tenant', 'COMPLETED', 0, 1, 0, @taken, @ended, 1, @again, 600000, 600000, 0, 0, 0, 0)
            """,
            new { id = id.Value, job, taken = taken?.ToUnixTimeMilliseconds(), ended = ended?.ToUnixTimeMilliseconds(), again }));

    private static LedgerPage Keep(CapacityBook book, out CapacityBook? seen)
    {
        seen = book;
        return new LedgerPage([], []);
    }

    private CapacitySpan Span(DeploymentId id, string backend) => new()
    {
        Deployment = id, Attempt = 1, Backend = new BackendId(backend), Figures = s_figures, From = _world.Time.GetUtcNow(), SeenAt = _world.Time.GetUtcNow().AddSeconds(5),
    };

    private async Task<DeploymentId> StartedAsync(string backend)
    {
        var id = await _world.InsertAsync();
        await _world.BeginAsync(id);
        Assert.True(await _world.Deployments.RecordBackendAsync(_world.Tenant, id, 1, new BackendId(backend), None));
        return id;
    }

    private async Task<CapacityBook> LookAsync(DeploymentId id, params (string Backend, DeploymentId Creator)[] backends)
    {
        CapacityBook? seen = null;
        await _store.NoteAsync(_world.Tenant, id, [.. backends.Select(one => (new BackendId(one.Backend), one.Creator))], book => Keep(book, out seen), None);
        return seen!;
    }

    private async Task PutAsync(DeploymentId id, params CapacitySpan[] spans) =>
        await _store.NoteAsync(_world.Tenant, id, [], _ => new LedgerPage(spans, []), None);

    private async Task<IReadOnlyList<CapacitySpan>> ListAsync(DeploymentId id) => await _store.ListAsync(_world.Tenant, id, None);
}
