using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;
using Rouse.Store.Outputs;
using Rouse.Store.Tests.Engines;
using Rouse.TestKit.Time;

namespace Rouse.Store.Tests.Outputs;

public sealed class SqliteJobOutputTests(SqliteEngine engine) : JobOutputConformance<SqliteEngine>(engine);

public sealed class PostgresJobOutputTests(PostgresEngine engine) : JobOutputConformance<PostgresEngine>(engine);

/// <summary>What is noted of what jobs made.</summary>
public abstract class JobOutputConformance<TEngine> : IClassFixture<TEngine>
    where TEngine : Engine
{
    private static readonly TimeSpan s_hour = TimeSpan.FromHours(1);

    // Beside what other tests noted.
    private readonly DeploymentId _deployment = DeploymentId.FromRandom(System.Security.Cryptography.RandomNumberGenerator.GetBytes(Rouse.Core.Ids.RandomBytes));
    private readonly ManualTime _time = new();
    private readonly JobOutputStore _store;

    protected JobOutputConformance(TEngine engine) => _store = new JobOutputStore(engine.Database, _time);

    [EngineFact]
    public async Task AnOutput_IsNotedBeforeItIsThere_StoredOnce_AndGoneForGood()
    {
        var output = new JobOutput(TenantId.Parse("acme"), _deployment, "name", 10, "folder");
        Assert.Equal(OutputRoom.Made, await BeginAsync(output));
        Assert.Equal(output, await _store.FindAsync(_deployment, "name", default));
        Assert.True(await _store.StoredAsync(_deployment, "name", _time.GetUtcNow() + s_hour, default));
        Assert.True((await _store.FindAsync(_deployment, "name", default))!.IsStored);

        // One that asked before it was stored, and comes late, does not unmake it; one that found it missing does.
        Assert.Equal(OutputRoom.Busy, await BeginAsync(output));
        Assert.True((await _store.FindAsync(_deployment, "name", default))!.IsStored);
        Assert.Equal(OutputRoom.Made, await BeginAsync(output, isLost: true));
        Assert.False((await _store.FindAsync(_deployment, "name", default))!.IsStored);
        Assert.True(await _store.StoredAsync(_deployment, "name", _time.GetUtcNow() + s_hour, default));
        Assert.Equal(new HashSet<string> { $"{_deployment}.name" }, await _store.InUseAsync([$"{_deployment}.name", $"{_deployment}.other"], default));

        _time.Advance(2 * s_hour);
        var ended = Assert.Single(await _store.TakeEndedAsync(10, default), one => one.Deployment == _deployment);
        // From now on nobody is told of it, and nobody brings it back half-way.
        Assert.Null(await _store.FindAsync(_deployment, "name", default));
        Assert.False(await _store.StoredAsync(_deployment, "name", _time.GetUtcNow() + s_hour, default));
        Assert.Equal(OutputRoom.Busy, await BeginAsync(output));
        await _store.ForgetAsync(ended.Deployment, ended.Name, default);
        Assert.Equal(OutputRoom.Made, await BeginAsync(output));
        _time.Advance(2 * s_hour);
        await _store.TakeEndedAsync(10, default);
        await _store.ForgetAsync(_deployment, "name", default);
    }

    private ValueTask<OutputRoom> BeginAsync(JobOutput output, bool isLost = false) => _store.BeginAsync(output, _time.GetUtcNow() + s_hour, long.MaxValue >> 1, long.MaxValue >> 1, isLost, default);
}
