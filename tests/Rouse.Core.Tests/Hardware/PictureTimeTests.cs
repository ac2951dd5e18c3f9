using Rouse.Core.Hardware;

namespace Rouse.Core.Tests.Hardware;

public sealed class PictureTimeTests
{
    [Theory]
    [InlineData(new[] { 3.0 }, 3, 1)]
    [InlineData(new[] { 9.0, 1.0, 2.0 }, 2, 3)]
    [InlineData(new[] { 4.0, 100.0, 2.0, 3.0 }, 3.5, 4)]
    public void From_IsTheMedian_SoThatOneSlowJobMakesNothingDear(double[] seconds, double median, int jobs) =>
        Assert.Equal(new PictureTime(median, jobs), PictureTime.From(seconds));

    [Fact]
    public void From_Nothing_IsThePrior_AndSaysSo() => Assert.Equal((5, 0), (PictureTime.From([]).Seconds, PictureTime.From([]).Jobs));

    [Fact]
    public void PricePer1000_IsTheWorkersTime() => Assert.Equal(0.76m, new PictureTime(4, 1).PricePer1000(0.00019m));
}
