using Dapper;
using Rouse.Core.Deployments;
using Rouse.Core.Models;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.Store.Deployments;
using Rouse.Store.Events;
using Rouse.Store.Tests.Engines;
using static Rouse.Store.Tests.Engines.StoreWorld;

namespace Rouse.Store.Tests.Conformance;

public sealed class SqliteDeploymentTests(SqliteEngine engine) : DeploymentConformance<SqliteEngine>(engine);

public sealed class PostgresDeploymentTests(PostgresEngine engine) : DeploymentConformance<PostgresEngine>(engine);

public abstract class DeploymentConformance<TEngine>(TEngine engine) : IClassFixture<TEngine>
    where TEngine : Engine
{
    private readonly StoreWorld _world = new(engine.Database);

    private DeploymentStore Store => _world.Deployments;

    private TenantId Tenant => _world.Tenant;

    [EngineFact]
    public async Task Insert_WhenEverythingIsSet_IsReadBackWhole()
    {
        var spec = Spec("acme/tiny@v1.0") with
        {
            Name = "mine",
            GpuTier = "A10",
            Region = "eu",
            Task = ModelTask.ImageToImage,
            Engine = WorkerEngine.Diffusers,
            Cache = CacheScope.Private,
            WebhookUrl = new Uri("https://example.org/hook?a=b"),
            Workers = new WorkerScaling
            {
                Min = 1, Max = 3, IdleTimeout = TimeSpan.FromSeconds(7),
                StartTimeout = TimeSpan.FromSeconds(90), Scaler = Scaler.RequestCount, ScalerValue = 1.5,
            },
        };
        var id = await _world.InsertAsync(spec);

        var row = await _world.LoadAsync(id);

        Assert.Equal(spec, row.Spec);
        Assert.Equal((Tenant, id, Phase.Accepted, 0, AttemptOutcome.None), (row.Tenant, row.Id, row.Phase, row.Attempt, row.Outcome));
        Assert.Equal((_world.Time.GetUtcNow(), _world.Time.GetUtcNow().AddSeconds(90)), (row.CreatedAt, row.Deadline));
        Assert.Equal([Phase.Accepted], await _world.PhasesAsync(id));
    }

    [EngineFact]
    public async Task Row_OfATimeWithoutEnginesAndTasks_IsReadWithTheirDefaults_AndStaysEqual()
    {
        var spec = Spec();
        var id = await _world.InsertAsync(spec);
        var before = DeploymentStore.Fingerprint(spec).Replace("\"task\":0,", "", StringComparison.Ordinal);
        Assert.DoesNotContain("task", before, StringComparison.Ordinal);
        Assert.DoesNotContain("engine", before, StringComparison.Ordinal);
        await engine.Database.WriteAsync(connection => new ValueTask<int>(connection.ExecuteAsync("update deployments set spec = @before, engine = null where id = @id", new { before, id = id.Value })));

        var row = await _world.LoadAsync(id);
        Assert.Equal((spec, null, ModelTask.TextToImage), (row.Spec, row.Engine, row.Spec.Task));
        Assert.NotEqual(DeploymentStore.Fingerprint(spec), DeploymentStore.Fingerprint(spec with { Engine = WorkerEngine.Onnx }));
        Assert.NotEqual(DeploymentStore.Fingerprint(spec), DeploymentStore.Fingerprint(spec with { Task = ModelTask.ImageToImage }));
    }

    [EngineFact]
    public async Task Engine_OnceChosen_Stays_AndWhoSharesTheBackendHasItToo()
    {
        var id = NewId();
        var warm = "warm-" + id;
        await Store.InsertAsync(Tenant, new NewDeployment { Id = id, Spec = Spec(), CreatedAt = _world.Time.GetUtcNow(), WarmKey = warm }, None);
        Assert.Null((await _world.LoadAsync(id)).Engine);
        Assert.True(await Store.RecordModelAsync(Tenant, id, 8, WorkerEngine.Diffusers, None));
        Assert.True(await Store.RecordModelAsync(Tenant, id, 9, WorkerEngine.Onnx, None));
        Assert.Equal((9, WorkerEngine.Diffusers), ((await _world.LoadAsync(id)).VramGb, (await _world.LoadAsync(id)).Engine));

        await _world.BeginAsync(id);
        await Store.RecordBackendAsync(Tenant, id, 1, new BackendId("shared-" + id), None);
        await _world.AdvanceAsync(id, Phase.Ready);
        var guest = NewId();
        Assert.NotNull(await Store.TryInsertSharedAsync(Tenant, new NewDeployment { Id = guest, Spec = Spec(), CreatedAt = _world.Time.GetUtcNow(), WarmKey = warm }, None));
        Assert.Equal(WorkerEngine.Diffusers, (await _world.LoadAsync(guest)).Engine);
    }

    [EngineFact]
    public async Task Get_WhenAnotherTenantAsks_FindsNothing()
    {
        var id = await _world.InsertAsync();
        var other = TenantId.Parse("somebody-else");

        Assert.Null(await Store.GetAsync(other, id, None));
        Assert.False(await Store.RequestDeleteAsync(other, id, None));
        Assert.False(await Store.BeginAttemptAsync(other, id, 0, Cpu, [Cpu.Key()], None));
        Assert.Empty(await _world.Events.ReadAfterAsync(other, id, 0, 10, None));
        Assert.Equal(Phase.Accepted, (await _world.LoadAsync(id)).Phase);
    }

    [EngineFact]
    public async Task Start_WhenItGoesWell_TellsEachPhaseOnceInOrder()
    {
        var id = await _world.InsertAsync();
        await _world.AdvanceAsync(id, Phase.Validating, attempt: 0);
        await _world.AdvanceAsync(id, Phase.SelectingGpu, attempt: 0);
        await _world.BeginAsync(id);
        Assert.True(await Store.RecordBackendAsync(Tenant, id, 1, new BackendId("pool-1"), None));
        Assert.True(await Store.RecordBackendAsync(Tenant, id, 1, new BackendId("pool-1"), None));
        Assert.False(await Store.RecordBackendAsync(Tenant, id, 1, new BackendId("pool-2"), None));
        _world.Time.Advance(TimeSpan.FromSeconds(5));
        Assert.True(await _world.AdvanceAsync(id, Phase.Ready));
        Assert.False(await _world.AdvanceAsync(id, Phase.Ready));

        var record = (await Store.GetAsync(Tenant, id, None))!;

        Phase[] expected = [Phase.Accepted, Phase.Validating, Phase.SelectingGpu, Phase.CreatingEndpoint, Phase.Ready];
        Assert.Equal(expected, record.Phases.Select(stamp => stamp.Change.Phase));
        Assert.Equal(expected, await _world.PhasesAsync(id));
        Assert.Equal(_world.Time.GetUtcNow(), record.State.ReadyAt);
        Assert.Equal((new BackendId("pool-1"), Cpu, AttemptOutcome.Created), (record.State.Backend, record.State.Offer, record.State.Outcome));
    }

    [EngineFact]
    public async Task BeginAttempt_WhenManyTryAtOnce_LetsExactlyOneThrough()
    {
        for (var round = 0; round < 20; round++)
        {
            var id = await _world.InsertAsync();

            var won = await Task.WhenAll(
                Enumerable.Range(0, 8).Select(_ => Task.Run(async () => await Store.BeginAttemptAsync(Tenant, id, 0, Cpu, [Cpu.Key()], None))));

            Assert.Single(won, true);
            Assert.Equal(1, (await _world.LoadAsync(id)).Attempt);
        }
    }

    [EngineFact]
    public async Task BeginAttempt_WhenABackendIsKnownOrItEnded_IsRefused()
    {
        var id = await _world.InsertAsync();
        await _world.BeginAsync(id);
        await Store.RecordBackendAsync(Tenant, id, 1, new BackendId("b"), None);
        Assert.False(await Store.BeginAttemptAsync(Tenant, id, 1, Cpu, [Cpu.Key()], None));

        await Store.RequestDeleteAsync(Tenant, id, None);

        Assert.False(await Store.ForgetBackendAsync(Tenant, id, 1, new BackendId("b"), _world.Time.GetUtcNow(), None));
        Assert.False(await Store.BeginAttemptAsync(Tenant, id, 1, Cpu, [Cpu.Key()], None));
    }

    [EngineFact]
    public async Task ForgetBackend_WhenItIsTheRows_StartsAnewWithTheDeadlineGiven()
    {
        var id = await _world.InsertAsync();
        await _world.BeginAsync(id);
        await Store.RecordBackendAsync(Tenant, id, 1, new BackendId("b"), None);
        await _world.AdvanceAsync(id, Phase.Ready);
        var deadline = _world.Time.GetUtcNow().AddHours(1);

        Assert.False(await Store.ForgetBackendAsync(Tenant, id, 1, new BackendId("other"), deadline, None));
        Assert.True(await Store.ForgetBackendAsync(Tenant, id, 1, new BackendId("b"), deadline, None));

        var row = await _world.LoadAsync(id);
        Assert.Equal(
            (null, AttemptOutcome.Lost, Phase.SelectingGpu, deadline, null),
            (row.Backend, row.Outcome, row.Phase, row.Deadline, row.ReadyAt));
        await _world.BeginAsync(id, expected: 1);
    }

    [EngineFact]
    public async Task RecordRefusal_WhenPending_KeepsTheCauseAndLogsIt()
    {
        var id = await _world.InsertAsync();
        var cause = new FailureCause(FailureCodes.NoCapacity, "Nothing is free.\0");
        Assert.False(await Store.RecordRefusalAsync(Tenant, id, 0, cause, None));
        await _world.BeginAsync(id);
        Assert.True(await Store.RecordRefusalAsync(Tenant, id, 1, cause, None));
        Assert.False(await Store.RecordRefusalAsync(Tenant, id, 1, cause, None));

        var row = await _world.LoadAsync(id);

        Assert.Equal((AttemptOutcome.Refused, FailureCodes.NoCapacity), (row.Outcome, row.Refusal!.Code));
        Assert.Equal("Nothing is free.\uFFFD", Assert.Single((await _world.EventsAsync(id)).Select(line => line.News).OfType<LogEntry>()).Message);
    }

    [EngineFact]
    public async Task Delete_WhenAskedTwice_ChangesOnceAndIsListedUntilReleased()
    {
        var id = await _world.InsertAsync();
        Assert.True(await Store.RequestDeleteAsync(Tenant, id, None));
        Assert.True(await Store.RequestDeleteAsync(Tenant, id, None));
        Assert.Contains(new DeploymentKey(Tenant, id), await Store.ListActiveAsync(null, 1000, None));

        Assert.True(await _world.AdvanceAsync(id, Phase.Deleted, attempt: 0));
        Assert.True(await Store.MarkReleasedAsync(Tenant, id, None));
        Assert.False(await Store.MarkReleasedAsync(Tenant, id, None));

        Assert.DoesNotContain(new DeploymentKey(Tenant, id), await Store.ListActiveAsync(null, 1000, None));
        Assert.Equal([Phase.Accepted, Phase.Deleting, Phase.Deleted], await _world.PhasesAsync(id));
        Assert.Contains(new TenantAccount(Tenant, "local", null), await Store.ListAccountsAsync(_world.Time.GetUtcNow(), None));
        Assert.DoesNotContain(new TenantAccount(Tenant, "local", null), await Store.ListAccountsAsync(_world.Time.GetUtcNow().AddSeconds(1), None));
    }

    [EngineFact]
    public async Task Lease_WhenHeldByAnother_IsRefusedUntilItEnds()
    {
        var id = await _world.InsertAsync();
        var minute = TimeSpan.FromMinutes(1);
        Assert.True(await Store.TryLeaseAsync(Tenant, id, "a", minute, None));
        Assert.True(await Store.TryLeaseAsync(Tenant, id, "a", minute, None));
        Assert.False(await Store.TryLeaseAsync(Tenant, id, "b", minute, None));

        await Store.ReleaseLeaseAsync(Tenant, id, "b", None);
        Assert.False(await Store.TryLeaseAsync(Tenant, id, "b", minute, None));
        _world.Time.Advance(minute);

        Assert.True(await Store.TryLeaseAsync(Tenant, id, "b", minute, None));
        await Store.ReleaseLeaseAsync(Tenant, id, "b", None);
        Assert.True(await Store.TryLeaseAsync(Tenant, id, "a", minute, None));
    }
}
