using Rouse.Core.Analytics;

namespace Rouse.Core.Tests.Analytics;

public sealed class DurationHistogramTests
{
    [Fact]
    public void APercentile_IsNeverTooLow_AndAtMost6PercentTooHigh()
    {
        foreach (var milliseconds in Enumerable.Range(0, 5_000).Select(static n => (long)n).Concat([86_400_000, int.MaxValue, 1L << 40]))
        {
            var one = new DurationHistogram();
            one.Add(TimeSpan.FromMilliseconds(milliseconds));
            Assert.InRange(one.At(0.5), milliseconds, milliseconds * 1.0625);
        }
    }

    [Fact]
    public void TheSumOfParts_IsTheWhole_AlsoThroughTheirText()
    {
        var (random, whole, sum) = (new Random(5), new DurationHistogram(), new DurationHistogram());
        for (var part = 0; part < 20; part++)
        {
            var one = new DurationHistogram();
            for (var i = 0; i < 500; i++)
            {
                var took = TimeSpan.FromMilliseconds(Math.Pow(10, random.NextDouble() * 6));
                one.Add(took);
                whole.Add(took);
            }

            sum.Add(DurationHistogram.Parse(one.ToString()));
        }

        Assert.Equal((10_000, whole.ToString()), (sum.Count, sum.ToString()));
        Assert.All([0.01, 0.5, 0.95, 0.99, 1], share => Assert.Equal(whole.At(share), sum.At(share)));
        Assert.True(sum.At(0.5) < sum.At(0.99));
    }

    [Fact]
    public void OfNothing_EveryPercentileIs0_AndWhatIsNoHistogramIsRefused()
    {
        Assert.Equal((0, 0L), (DurationHistogram.Parse("").Count, new DurationHistogram().At(0.99)));
        Assert.Throws<FormatException>(() => DurationHistogram.Parse("12"));
        Assert.Throws<FormatException>(() => DurationHistogram.Parse("a:1"));
    }
}
