using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Rouse.Core;
using Rouse.Core.Analytics;
using Rouse.Core.Deployments;
using Rouse.Core.Models;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.Server.Background;
using Rouse.Store;
using Rouse.Store.Costs;
using Rouse.Store.Deployments;
using Rouse.Store.Events;
using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.Costs;

/// <summary>Looks, crashes and clocks that jump, over a real store. What is written down is what was seen.</summary>
public sealed class CapacityMeterTests : IAsyncLifetime
{
    private static readonly TenantId s_tenant = TenantId.Parse("tenant");
    private static readonly BackendId s_backend = new("ep_one");
    private static readonly Offer s_offer = new("test", "ADA_24", 24, 0.00031m);
    private readonly string _folder = Directory.CreateTempSubdirectory("rouse-meter-").FullName;
    private readonly JumpingTime _time = new();
    private Database _database = null!;
    private DeploymentStore _deployments = null!;
    private CapacityStore _store = null!;
    private CapacityMeter _meter = null!;

    public async Task InitializeAsync()
    {
        _database = await Database.OpenAsync("sqlite:" + Path.Combine(_folder, "rouse.db"));
        _deployments = new DeploymentStore(_database, new EventStore(_database), _time);
        _store = new CapacityStore(_database);
        Restart();
    }

    public async Task DisposeAsync()
    {
        await _database.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task ALife_IsWrittenDownAsItsSteps()
    {
        var row = await StartAsync();
        await LookAsync(row, Seen(starting: 1));
        await LookAsync(row, Seen(starting: 1), after: 15);
        await LookAsync(row, Seen(ready: 1), after: 15);
        for (var i = 0; i < 20; i++) await LookAsync(row, Seen(ready: 1), after: 15);
        await LookAsync(row, Seen(), after: 15);
        await LookAsync(row, null, after: 15);
        Assert.Equal([(1, 0, 30d), (0, 1, 315d)], await StepsAsync(row));
        Assert.All(await _store.ListAsync(s_tenant, row.Id, default), span => Assert.Equal((s_offer.PricePerSecond, false), (span.Figures.PricePerSecond, span.IsOpen)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public async Task AClockThatJumpsByAnHour_MakesNoSpanLongerOrShorter(int hours)
    {
        var row = await StartAsync();
        await LookAsync(row, Seen(ready: 1));
        await LookAsync(row, Seen(ready: 1), after: 60);
        _time.Jump(TimeSpan.FromHours(hours));
        await LookAsync(row, Seen(ready: 1), after: 15);
        await LookAsync(row, null, after: 45);
        var span = Assert.Single(await _store.ListAsync(s_tenant, row.Id, default));
        Assert.Equal((75d, 0d, 45d), (span.Length.TotalSeconds, span.Guessed.TotalSeconds, span.Unobserved.TotalSeconds));
    }

    [Fact]
    public async Task ARestartWithAClockSetBack_GoesOnFromTheLastStoredTime()
    {
        var row = await StartAsync();
        await LookAsync(row, Seen(ready: 1));
        await LookAsync(row, Seen(ready: 1), after: 60);
        _time.Jump(TimeSpan.FromHours(-1));
        Restart();
        await LookAsync(row, Seen(ready: 1), after: 5);
        await LookAsync(row, Seen(ready: 1), after: 60);
        Assert.Equal([(0, 1, 120d)], await StepsAsync(row));
    }

    [Fact]
    public async Task ARestart_GoesOnWithWhatLives_AndEndsWhatIsGoneWhereItWasLastSeen()
    {
        var row = await StartAsync();
        await LookAsync(row, Seen(ready: 1));
        await LookAsync(row, Seen(ready: 1), after: 60);
        Restart();
        await LookAsync(row, Seen(ready: 1), after: 600);
        var span = Assert.Single(await _store.ListAsync(s_tenant, row.Id, default));
        Assert.Equal((660d, 600d, true), (span.Length.TotalSeconds, span.Guessed.TotalSeconds, span.IsOpen));
        Restart();
        await LookAsync(row, null, after: 600);
        span = Assert.Single(await _store.ListAsync(s_tenant, row.Id, default));
        Assert.Equal((660d, 600d, false), (span.Length.TotalSeconds, span.Unobserved.TotalSeconds, span.IsOpen));
    }

    [Fact]
    public async Task ALookThatCannotBeWrittenDown_FailsNoPass()
    {
        var row = await StartAsync();
        // The store refuses spans of a deployment that it does not have.
        await LookAsync(row with { Id = DeploymentId.FromRandom(RandomNumberGenerator.GetBytes(Ids.RandomBytes)) }, Seen(ready: 1));
        await LookAsync(row, Seen(ready: 1));
        Assert.Single(await StepsAsync(row));
    }

    /// <summary>A process that remembers nothing.</summary>
    private void Restart() => _meter = new CapacityMeter(_store, new CapacityLimits(), _time, NullLogger<CapacityMeter>.Instance);

    private async Task<DeploymentState> StartAsync()
    {
        var id = DeploymentId.FromRandom(RandomNumberGenerator.GetBytes(Ids.RandomBytes));
        await _deployments.InsertAsync(s_tenant, new NewDeployment { Id = id, Spec = new() { Model = ModelRef.Parse("hf:org/name") }, CreatedAt = _time.GetUtcNow() }, default);
        Assert.True(await _deployments.BeginAttemptAsync(s_tenant, id, 0, s_offer, [s_offer.Key()], default));
        Assert.True(await _deployments.RecordBackendAsync(s_tenant, id, 1, s_backend, default));
        return (await _deployments.LoadAsync(s_tenant, id, default))!;
    }

    private static (int Starting, int Ready)? Seen(int starting = 0, int ready = 0) => (starting, ready);

    private async Task LookAsync(DeploymentState row, (int Starting, int Ready)? seen, int after = 0)
    {
        _time.Advance(TimeSpan.FromSeconds(after));
        var name = new BackendName(OwnerPrefix.For("rouse", s_tenant), row.Id, 1);
        await _meter.SeeAsync(
            row, seen is { } workers ? [new ObservedBackend(s_backend, name, BackendStatus.Starting, workers.Ready, workers.Starting + workers.Ready)] : [], default);
    }

    private async Task<(int, int, double)[]> StepsAsync(DeploymentState row) =>
        [.. (await _store.ListAsync(s_tenant, row.Id, default)).Select(span => (span.Figures.Starting, span.Figures.Ready, span.Length.TotalSeconds))];

    /// <summary>A time of day that somebody sets, over a clock that nobody does.</summary>
    private sealed class JumpingTime : TimeProvider
    {
        private readonly ManualTime _clock = new();
        private TimeSpan _offset;

        public override long TimestampFrequency => _clock.TimestampFrequency;

        public void Advance(TimeSpan by) => _clock.Advance(by);

        public void Jump(TimeSpan by) => _offset += by;

        public override DateTimeOffset GetUtcNow() => _clock.GetUtcNow() + _offset;

        public override long GetTimestamp() => _clock.GetTimestamp();
    }
}
