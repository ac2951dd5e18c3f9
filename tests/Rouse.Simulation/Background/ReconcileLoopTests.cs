using Microsoft.Extensions.Logging.Abstractions;
using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;
using Rouse.Server.Background;
using Rouse.Simulation.Choices;
using Rouse.Simulation.Model;
using Rouse.TestKit.Time;

namespace Rouse.Simulation.Background;

public sealed class ReconcileLoopTests : IAsyncDisposable
{
    private readonly ManualTime _time = new();
    private readonly World _world = new(new Scenario(), new Seeded(seed: 1, trouble: 0));
    private ReconcileLoop? _loop;

    public ReconcileLoopTests() => _world.Open();

    [Fact]
    public async Task WhatIsActive_IsBroughtToRestWithoutAnyHint()
    {
        await StartAsync(_ => List(Row.Id));
        await AdvanceUntilAsync(() => _world.Row.State.Phase == Phase.Ready);
        _world.Delete();
        await AdvanceUntilAsync(() => _world.Row.State.ReleasedAt is not null);
    }

    [Fact]
    public async Task AHint_IsEnough()
    {
        await StartAsync(_ => List());
        _loop!.Hint(Row.Tenant, Row.Id);
        await AdvanceUntilAsync(() => _world.Row.State.Backend is not null);
    }

    [Fact]
    public async Task AStoreThatWasDown_IsReadAgain()
    {
        var reads = 0;
        await StartAsync(_ => Interlocked.Increment(ref reads) < 3 ? throw new IOException("store") : List(Row.Id));
        await AdvanceUntilAsync(() => _world.Row.State.Phase == Phase.Ready);
    }

    public async ValueTask DisposeAsync()
    {
        if (_loop is null) return;
        await _loop.StopAsync(CancellationToken.None);
        _loop.Dispose();
    }

    private static ValueTask<IReadOnlyList<(TenantId, DeploymentId)>> List(params DeploymentId[] ids) =>
        ValueTask.FromResult<IReadOnlyList<(TenantId, DeploymentId)>>([.. ids.Select(id => (Row.Tenant, id))]);

    private Task StartAsync(Func<CancellationToken, ValueTask<IReadOnlyList<(TenantId Tenant, DeploymentId Id)>>> active)
    {
        var pass = _world.Replicas[0].Pass;
        _loop = new ReconcileLoop(pass, active, new ReconcileLoopOptions(), () => 0.5, _time, NullLogger<ReconcileLoop>.Instance);
        return _loop.StartAsync(CancellationToken.None);
    }

    /// <summary>The loop sets its alarm on another thread, so time goes on in steps until it has had its effect.</summary>
    private Task AdvanceUntilAsync(Func<bool> condition) => Eventually.TrueAsync(() =>
    {
        _time.Advance(TimeSpan.FromSeconds(1));
        _world.Time.Now += TimeSpan.FromSeconds(1);
        return condition();
    });
}
