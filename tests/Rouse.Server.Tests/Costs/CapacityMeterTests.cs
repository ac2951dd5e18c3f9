using System.Security.Cryptography;
using Rouse.Core;
using Rouse.Core.Analytics;
using Rouse.Core.Deployments;

namespace Rouse.Server.Tests.Costs;

/// <summary>Looks, crashes and clocks that jump, over a real store. What is written down is what was seen.</summary>
public sealed class CapacityMeterTests : IAsyncLifetime
{
    private const string Backend = "ep_one";
    private CostWorld _world = null!;
    private DeploymentState _row = null!;

    public async Task InitializeAsync()
    {
        _world = await CostWorld.OpenAsync();
        _row = await _world.BeginAsync(await _world.AcceptAsync(), 1, Backend);
    }

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Fact]
    public async Task ALife_IsWrittenDownAsItsSteps()
    {
        await LookAsync(0, starting: 1);
        await LookAsync(15, starting: 1);
        await LookAsync(15, ready: 1);
        for (var i = 0; i < 20; i++) await LookAsync(15, ready: 1);
        await LookAsync(15);
        await GoneAsync(15);
        var spans = await SpansAsync();
        Assert.Equal([(1, 0, 30d), (0, 1, 315d)], spans.Select(span => (span.Figures.Starting, span.Figures.Ready, span.Length.TotalSeconds)));
        Assert.All(spans, span => Assert.Equal((CostWorld.Offer.PricePerSecond, false), (span.Figures.PricePerSecond, span.IsOpen)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public async Task AClockThatJumpsByAnHour_MakesNoSpanLongerOrShorter(int hours)
    {
        await LookAsync(0, ready: 1);
        await LookAsync(60, ready: 1);
        _world.Time.Jump(TimeSpan.FromHours(hours));
        await LookAsync(15, ready: 1);
        await GoneAsync(45);
        var span = Assert.Single(await SpansAsync());
        Assert.Equal((75d, 0d, 45d), (span.Length.TotalSeconds, span.Guessed.TotalSeconds, span.Unobserved.TotalSeconds));
    }

    [Fact]
    public async Task ARestartWithAClockSetBack_GoesOnFromTheLastStoredTime()
    {
        await LookAsync(0, ready: 1);
        await LookAsync(60, ready: 1);
        _world.Time.Jump(TimeSpan.FromHours(-1));
        _world.Restart();
        await LookAsync(5, ready: 1);
        await LookAsync(60, ready: 1);
        Assert.Equal(120, Assert.Single(await SpansAsync()).Length.TotalSeconds);
    }

    [Fact]
    public async Task ARestart_GoesOnWithWhatLives_AndEndsWhatIsGoneWhereItWasLastSeen()
    {
        await LookAsync(0, ready: 1);
        await LookAsync(60, ready: 1);
        _world.Restart();
        await LookAsync(600, ready: 1);
        var span = Assert.Single(await SpansAsync());
        Assert.Equal((660d, 600d, true), (span.Length.TotalSeconds, span.Guessed.TotalSeconds, span.IsOpen));
        _world.Restart();
        await GoneAsync(600);
        span = Assert.Single(await SpansAsync());
        Assert.Equal((660d, 600d, false), (span.Length.TotalSeconds, span.Unobserved.TotalSeconds, span.IsOpen));
    }

    [Fact]
    public async Task ALookThatCannotBeWrittenDown_FailsNoPass()
    {
        // The store refuses spans of a deployment that it does not have.
        var unknown = _row with { Id = DeploymentId.FromRandom(RandomNumberGenerator.GetBytes(Ids.RandomBytes)) };
        await _world.LookAsync(unknown, 0, CostWorld.Seen(unknown.Id, "ep_other", ready: 1));
        await LookAsync(0, ready: 1);
        Assert.Single(await SpansAsync());
    }

    private Task LookAsync(double after, int starting = 0, int ready = 0) => _world.LookAsync(_row, after, CostWorld.Seen(_row.Id, Backend, 1, starting, ready));

    private Task GoneAsync(double after) => _world.LookAsync(_row, after);

    private async Task<IReadOnlyList<CapacitySpan>> SpansAsync() => await _world.Capacity.ListAsync(CostWorld.Tenant, _row.Id, default);
}
