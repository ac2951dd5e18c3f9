using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.Store.Deployments;
using Rouse.Store.Events;
using Rouse.Store.Idempotency;
using Rouse.Store.Secrets;
using Rouse.Store.Tests.Engines;
using static Rouse.Store.Tests.Engines.StoreWorld;

namespace Rouse.Store.Tests.Conformance;

public sealed class SqlitePaidTests(SqliteEngine engine) : PaidConformance<SqliteEngine>(engine);

public sealed class PostgresPaidTests(PostgresEngine engine) : PaidConformance<PostgresEngine>(engine);

/// <summary>What deployments need that cost money: attempts given up, backends shared, drift, whose account it is.</summary>
public abstract class PaidConformance<TEngine>(TEngine engine) : IClassFixture<TEngine>
    where TEngine : Engine
{
    private static readonly BackendId s_backend = new("ep_one");
    private static readonly FailureCause s_none = new(FailureCodes.NoCapacity, "Its workers wait for GPUs.");
    private readonly StoreWorld _world = new(engine.Database);

    private DeploymentStore Store => _world.Deployments;

    private TenantId Tenant => _world.Tenant;

    [EngineFact]
    public async Task GiveUp_TakesTheBackendFromTheRow_AndNothingOfThatAttemptCountsAnyMore()
    {
        var id = await StartedAsync();
        Assert.True(await Store.GiveUpAttemptAsync(Tenant, id, 1, s_backend, s_none, None));

        var row = await _world.LoadAsync(id);
        Assert.Equal((Phase.SelectingGpu, AttemptOutcome.Refused, s_none), (row.Phase, row.Outcome, row.Refusal));
        Assert.Null(row.Backend);
        Assert.Equal([Cpu.Key()], row.Tried);
        var late = new AttemptReport(1, "w", 1, Phase.Ready, Failure: null, [], Progress: null);
        Assert.Equal(ReportOutcome.Stale, await Store.ApplyReportAsync(Tenant, id, late, None));
        Assert.Equal(Phase.SelectingGpu, (await _world.LoadAsync(id)).Phase);
    }

    [EngineFact]
    public async Task GiveUp_WhenItBecameReadyMeanwhile_IsRefused()
    {
        var id = await StartedAsync();
        await _world.AdvanceAsync(id, Phase.Ready);
        Assert.False(await Store.GiveUpAttemptAsync(Tenant, id, 1, s_backend, s_none, None));
        Assert.Equal(s_backend, (await _world.LoadAsync(id)).Backend);
    }

    [EngineFact]
    public async Task Note_IsShownAndToldOnce_AndTheNextStepAnswersIt()
    {
        var id = await StartedAsync();
        Assert.True(await Store.NoteAsync(Tenant, id, s_none, None));
        Assert.True(await Store.NoteAsync(Tenant, id, s_none, None));
        Assert.Equal(s_none, (await _world.LoadAsync(id)).Waiting);
        Assert.Single((await _world.EventsAsync(id)).Select(one => one.News).OfType<LogEntry>(), line => line.Message == s_none.Message);
        await _world.AdvanceAsync(id, Phase.LoadingModel);
        Assert.Null((await _world.LoadAsync(id)).Waiting);
    }

    [EngineFact]
    public async Task Shared_UsesTheBackendOfAReadyEqual_AndKeepsItFromBeingRemoved()
    {
        var host = await StartedAsync("warm");
        Assert.Null(await JoinAsync("warm"));
        await _world.AdvanceAsync(host, Phase.Ready);
        Assert.Null(await JoinAsync("another"));

        var guest = (await JoinAsync("warm"))!.Value;
        var row = await _world.LoadAsync(guest);
        Assert.Equal((Phase.Ready, (BackendId?)s_backend, 0), (row.Phase, row.Backend, row.Attempt));
        Assert.Equal([Phase.Ready], await _world.PhasesAsync(guest));

        Assert.Equal([s_backend], await Store.UsedByOthersAsync(Tenant, host, [s_backend, new("ep_two")], None));
        await Store.RequestDeleteAsync(Tenant, host, None);
        Assert.Equal([s_backend], await Store.UsedByOthersAsync(Tenant, host, [s_backend], None));
        // The guest can be joined in the host's place, and the last to go finds nobody left.
        var second = (await JoinAsync("warm"))!.Value;
        await Store.RequestDeleteAsync(Tenant, guest, None);
        await Store.RequestDeleteAsync(Tenant, second, None);
        Assert.Empty(await Store.UsedByOthersAsync(Tenant, second, [s_backend], None));
        Assert.Null(await JoinAsync("warm"));
    }

    [EngineFact]
    public async Task Shared_JoiningAndDeletingAtOnce_NeverLeavesAGuestOnABackendThatNobodyKeeps()
    {
        for (var round = 0; round < 20; round++)
        {
            var key = $"race-{round}";
            var host = await StartedAsync(key);
            await _world.AdvanceAsync(host, Phase.Ready);
            var joining = Task.Run(() => JoinAsync(key));
            var deleting = Task.Run(async () =>
            {
                await Store.RequestDeleteAsync(Tenant, host, None);
                return (await Store.UsedByOthersAsync(Tenant, host, [new BackendId("ep_" + key)], None)).Count > 0;
            });
            var (guest, kept) = (await joining, await deleting);
            // Who comes to tear the backend down after the delete sees every guest there will ever be.
            Assert.Equal(guest is not null, kept);
            if (guest is { } joined) await Store.RequestDeleteAsync(Tenant, joined, None);
        }
    }

    [EngineFact]
    public async Task Drift_IsTold_AndTakenOverOnlyWhenAdopted()
    {
        var id = await StartedAsync();
        Assert.True(await Store.RecordScalingAsync(Tenant, id, 1, "warn", "The provider has 0 to 0 workers.", adopted: null, None));
        Assert.Equal(1, (await _world.LoadAsync(id)).Spec.Workers.Max);
        Assert.True(await Store.RecordScalingAsync(Tenant, id, 1, "warn", "The provider has 0 to 5 workers.", new WorkerScaling { Max = 5 }, None));
        Assert.Equal(5, (await _world.LoadAsync(id)).Spec.Workers.Max);
        Assert.False(await Store.RecordScalingAsync(Tenant, id, 2, "warn", "late", new WorkerScaling(), None));
        Assert.Equal(2, (await _world.EventsAsync(id)).Count(one => one.News is LogEntry));
    }

    [EngineFact]
    public async Task Account_IsListedUntilWellAfterItsLastDeployment_AndItsKeyStaysForGood()
    {
        var id = NewId();
        var deployment = new NewDeployment
        {
            Id = id, Spec = Spec() with { Provider = "runpod", Account = "account-1" }, CreatedAt = _world.Time.GetUtcNow(), AccountKey = new SealedSecret("provider_key", "k", [1, 2]),
        };
        await Store.InsertAsync(Tenant, deployment, None);
        Assert.Contains(new TenantAccount(Tenant, "runpod", "account-1"), await Store.ListAccountsAsync(_world.Time.GetUtcNow(), None));
        Assert.NotNull(await new SecretStore(engine.Database, _world.Time).GetAsync(Tenant, "account-1", "provider_key", None));
    }

    private async Task<DeploymentId> StartedAsync(string? warmKey = null)
    {
        var id = await _world.InsertAsync(warmKey: warmKey);
        await _world.BeginAsync(id);
        var backend = warmKey?.StartsWith("race", StringComparison.Ordinal) == true ? new BackendId("ep_" + warmKey) : s_backend;
        Assert.True(await Store.RecordBackendAsync(Tenant, id, 1, backend, None));
        return id;
    }

    private async Task<DeploymentId?> JoinAsync(string warmKey)
    {
        var id = NewId();
        var outcome = await Store.TryInsertSharedAsync(Tenant, new NewDeployment { Id = id, Spec = Spec(), CreatedAt = _world.Time.GetUtcNow(), WarmKey = warmKey }, None);
        Assert.True(outcome is null or IdempotencyOutcome.Fresh);
        return outcome is null ? null : id;
    }
}
