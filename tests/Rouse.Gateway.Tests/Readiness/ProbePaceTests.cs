using Rouse.Gateway.Readiness;

namespace Rouse.Gateway.Tests.Readiness;

/// <summary>Timeouts that distance cannot beat, and asks no more often than somebody is helped by.</summary>
public sealed class ProbePaceTests
{
    private readonly ProbePace _pace = new(new ProbeBounds());

    [Fact]
    public void ATimeoutThatWasTooShort_IsDoubled_UpToItsBound()
    {
        List<double> seen = [];
        for (var i = 0; i < 7; i++)
        {
            seen.Add(_pace.Timeout.TotalSeconds);
            _pace.TimedOut();
        }

        Assert.Equal([1, 2, 4, 8, 16, 30, 30], seen);
    }

    [Fact]
    public void ATimeout_IsNeverShorterThanWhatAnswersHaveTaken()
    {
        for (var i = 0; i < 20; i++) _pace.Answered(TimeSpan.FromSeconds(2));
        Assert.Equal(TimeSpan.FromSeconds(6), _pace.Timeout);
        for (var i = 0; i < 20; i++) _pace.Answered(TimeSpan.FromMilliseconds(5));
        Assert.Equal(TimeSpan.FromSeconds(1), _pace.Timeout);
    }

    [Fact]
    public void Asks_AreShortWhileSomebodyWaits_AndLongOtherwise()
    {
        var warming = new Verdict(ReadyState.Warming, "It warms up.");
        Assert.Equal(0.1, _pace.Pause(warming, waiting: true, TimeSpan.Zero).TotalSeconds, 3);
        Assert.Equal(0.5, _pace.Pause(warming, waiting: true, TimeSpan.FromSeconds(10)).TotalSeconds, 3);
        Assert.Equal(1, _pace.Pause(warming, waiting: true, TimeSpan.FromMinutes(5)).TotalSeconds, 3);
        Assert.Equal(2, _pace.Pause(warming, waiting: false, TimeSpan.Zero).TotalSeconds, 3);
        Assert.Equal(30, _pace.Pause(new Verdict(ReadyState.Ready), waiting: true, TimeSpan.Zero).TotalSeconds, 3);
    }
}
