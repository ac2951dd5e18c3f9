using Rouse.Core.Deployments;
using Rouse.Core.Models;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.Store.Deployments;
using Rouse.Store.Tests.Engines;
using static Rouse.Store.Tests.Engines.StoreWorld;

namespace Rouse.Store.Tests.Conformance;

public sealed class SqliteWakingTests(SqliteEngine engine) : WakingConformance<SqliteEngine>(engine);

public sealed class PostgresWakingTests(PostgresEngine engine) : WakingConformance<PostgresEngine>(engine);

/// <summary>What is put away and brought back: the intents, what is learned from them, and when nobody uses it.</summary>
public abstract class WakingConformance<TEngine>(TEngine engine) : IClassFixture<TEngine>
    where TEngine : Engine
{
    private static readonly BackendId s_backend = new("pod_one");
    private static readonly FailureCause s_full = new(FailureCodes.NoCapacity, "No GPU is free there.");
    private readonly StoreWorld _world = new(engine.Database);
    private readonly ActivityStore _activity = new(engine.Database);
    private readonly WakeStore _wakes = new(engine.Database);

    private DeploymentStore Store => _world.Deployments;

    private TenantId Tenant => _world.Tenant;

    private DateTimeOffset Now => _world.Time.GetUtcNow();

    [EngineFact]
    public async Task StopsAndWakes_AreWrittenOnlyOfWhatIsHibernated_AndEachWakeCounts()
    {
        var id = await ReadyAsync();
        Assert.False(await Store.BeginStopAsync(Tenant, id, 1, s_backend, None));
        Assert.False(await Store.BeginWakeAsync(Tenant, id, 1, s_backend, None));
        Assert.True(await _world.AdvanceAsync(id, Phase.Hibernated));
        Assert.False(await Store.BeginStopAsync(Tenant, id, 2, s_backend, None));
        Assert.False(await Store.BeginStopAsync(Tenant, id, 1, new BackendId("other"), None));

        Assert.True(await Store.BeginStopAsync(Tenant, id, 1, s_backend, None));
        Assert.Equal((Now, (DateTimeOffset?)null, 0), await IntentAsync(id));
        Assert.True(await Store.BeginWakeAsync(Tenant, id, 1, s_backend, None));
        Assert.Equal(((DateTimeOffset?)null, Now, 1), await IntentAsync(id));
        Assert.True(await _world.AdvanceAsync(id, Phase.Ready));
        Assert.Equal(((DateTimeOffset?)null, (DateTimeOffset?)null, 1), await IntentAsync(id));
    }

    [EngineFact]
    public async Task Wakes_AreLearnedFrom_AndTheFirstStartBeforeTheFirstWake()
    {
        var id = await ReadyAsync();
        Assert.Equal([7d], await _wakes.OfAsync(id, None));
        foreach (var seconds in new[] { 30, 50 })
        {
            await _world.AdvanceAsync(id, Phase.Hibernated);
            await Store.BeginWakeAsync(Tenant, id, 1, s_backend, None);
            _world.Time.Advance(TimeSpan.FromSeconds(seconds));
            await _world.AdvanceAsync(id, Phase.Ready);
        }

        Assert.Equal([50d, 30d], await _wakes.OfAsync(id, None));
    }

    [EngineFact]
    public async Task Relocate_TakesTheBackendFromTheRow_KeepsTheWakeGoing_AndNamesItsHardware()
    {
        var id = await ReadyAsync();
        await _world.AdvanceAsync(id, Phase.Hibernated);
        await Store.BeginWakeAsync(Tenant, id, 1, s_backend, None);
        var began = Now;
        _world.Time.Advance(TimeSpan.FromSeconds(5));
        Assert.False(await Store.RelocateAsync(Tenant, id, 1, new BackendId("other"), s_full, Now.AddMinutes(5), None));
        Assert.True(await Store.RelocateAsync(Tenant, id, 1, s_backend, s_full, Now.AddMinutes(5), None));
        Assert.False(await Store.RelocateAsync(Tenant, id, 1, s_backend, s_full, Now.AddMinutes(5), None));

        var row = await _world.LoadAsync(id);
        Assert.Equal((Phase.SelectingGpu, AttemptOutcome.Refused, s_full, Now.AddMinutes(5)), (row.Phase, row.Outcome, row.Refusal, row.Deadline));
        Assert.Equal((null, began, Cpu.Hardware), (row.Backend, row.WakeAt, row.StayWith));
        await _world.BeginAsync(id, expected: 1);
        await Store.RecordBackendAsync(Tenant, id, 2, new BackendId("pod_two"), None);
        await _world.AdvanceAsync(id, Phase.Ready, attempt: 2);
        row = await _world.LoadAsync(id);
        Assert.Equal((null, null), (row.WakeAt, row.StayWith));
        Assert.Equal([5d], await _wakes.OfAsync(id, None));
    }

    [EngineFact]
    public async Task Idle_CountsFromTheLastUseOfAnyReplica_AndNotAtAllWhileOneIsBusy()
    {
        var id = await ReadyAsync();
        var ready = Now;
        Assert.Equal(ready, await Store.IdleSinceAsync(Tenant, id, None));
        _world.Time.Advance(TimeSpan.FromMinutes(1));
        var last = Now;
        await _activity.NoteAsync(id, "a", last, last, None);
        await _activity.NoteAsync(id, "b", last.AddSeconds(-30), last.AddSeconds(10), None);
        Assert.Null(await Store.IdleSinceAsync(Tenant, id, None));
        // A replica that dies says nothing more, and holds nothing for ever.
        _world.Time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(last, await Store.IdleSinceAsync(Tenant, id, None));

        Assert.False(await Store.HibernateIdleAsync(Tenant, id, 1, last.AddSeconds(-1), None));
        Assert.False(await Store.HibernateIdleAsync(Tenant, id, 2, last, None));
        Assert.True(await Store.HibernateIdleAsync(Tenant, id, 1, last, None));
        Assert.Equal(Phase.Hibernated, (await _world.LoadAsync(id)).Phase);
        Assert.Null(await Store.IdleSinceAsync(Tenant, id, None));
    }

    [EngineFact]
    public async Task Idle_CountsAnewFromAWake()
    {
        var id = await ReadyAsync();
        await _world.AdvanceAsync(id, Phase.Hibernated);
        await Store.BeginWakeAsync(Tenant, id, 1, s_backend, None);
        _world.Time.Advance(TimeSpan.FromHours(1));
        await _world.AdvanceAsync(id, Phase.Ready);
        Assert.Equal(Now, await Store.IdleSinceAsync(Tenant, id, None));
    }

    [EngineFact]
    public async Task Services_AreListedUntilTheyAreDeleted_AndEachChangeShows()
    {
        var service = new HttpService { Image = "org/image" };
        var id = await _world.InsertAsync(Spec() with { Model = ModelRef.Of(service), Service = service });
        var model = await _world.InsertAsync();
        var first = await MarkAsync(id);
        Assert.NotNull(first);
        Assert.Null(await MarkAsync(model));
        await _world.BeginAsync(id);
        Assert.NotEqual(first, await MarkAsync(id));
        await _world.AdvanceAsync(id, Phase.Deleting);
        await _world.AdvanceAsync(id, Phase.Deleted);
        Assert.Null(await MarkAsync(id));
    }

    private async Task<string?> MarkAsync(DeploymentId id) =>
        (await Store.ListServicesAsync(None)).Where(service => service.Key.Id == id).Select(service => service.Mark).FirstOrDefault();

    private async Task<(DateTimeOffset? Stop, DateTimeOffset? Wake, int Wakes)> IntentAsync(DeploymentId id)
    {
        var row = await _world.LoadAsync(id);
        return (row.StopAt, row.WakeAt, row.Wakes);
    }

    private async Task<DeploymentId> ReadyAsync()
    {
        var id = await _world.InsertAsync();
        await _world.BeginAsync(id);
        await Store.RecordBackendAsync(Tenant, id, 1, s_backend, None);
        _world.Time.Advance(TimeSpan.FromSeconds(7));
        await _world.AdvanceAsync(id, Phase.Ready);
        return id;
    }
}
