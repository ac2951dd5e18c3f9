using Rouse.Core.Deployments;
using Rouse.Core.Hardware;
using Rouse.Core.Ports;

namespace Rouse.Core.Tests.Hardware;

public sealed class OfferRankingTests
{
    private static readonly Offer s_small = Pool("AMPERE_16", 16, 0.16m);
    private static readonly Offer s_medium = Pool("AMPERE_24", 24, 0.19m);
    private static readonly Offer s_fast = Pool("ADA_24", 24, 0.31m);
    private static readonly Offer s_large = Pool("AMPERE_80", 80, 0.76m);
    private static readonly Offer[] s_all = [s_large, s_fast, s_small, s_medium];

    [Fact]
    public void Rank_TakesTheCheapestThatIsLargeEnough() =>
        Assert.Equal([s_medium, s_fast, s_large], OfferRanking.Rank(s_all, new HardwareNeed(17, GpuTier: null, Region: null)).Offers);

    [Fact]
    public void Rank_LeavesOutWhatIsNotInStock_AndPrefersMoreStockAtTheSamePrice()
    {
        var scarce = s_fast with { PricePerSecond = 0.19m, Stock = Stock.Low };
        var ranked = OfferRanking.Rank([s_small with { Stock = Stock.None }, scarce, s_medium], new HardwareNeed(8, null, null));
        Assert.Equal([s_medium, scarce], ranked.Offers);
    }

    [Fact]
    public void Rank_NeverLeavesTheTierUnasked()
    {
        var none = s_all.Select(offer => offer.Pool == "AMPERE_24" ? offer with { Stock = Stock.None } : offer).ToList();
        var strict = OfferRanking.Rank(none, new HardwareNeed(12, "A10", Region: null));
        Assert.Empty(strict.Offers);
        Assert.Equal((FailureCodes.NoCapacity, false), (strict.WhyNone!.Code, strict.Final));
        Assert.Contains("allow_gpu_fallback", strict.WhyNone.Message, StringComparison.Ordinal);

        var asked = OfferRanking.Rank(none, new HardwareNeed(12, "A10", Region: null, AllowFallback: true));
        Assert.Equal([s_small, s_fast, s_large], asked.Offers);
    }

    [Fact]
    public void Rank_WithFallback_StillTakesTheTierFirst() =>
        Assert.Equal([s_large, s_small, s_medium, s_fast], OfferRanking.Rank(s_all, new HardwareNeed(8, "A100", Region: null, AllowFallback: true)).Offers);

    [Theory]
    [InlineData("ECONOMY", 30)]
    [InlineData("H200", 12)]
    public void Rank_WhenTheTierCanNeverMeetTheNeed_SaysSoForGood(string tier, int vramGb)
    {
        var ranked = OfferRanking.Rank(s_all, new HardwareNeed(vramGb, tier, Region: null));
        Assert.Equal((FailureCodes.GpuTierUnmet, true), (ranked.WhyNone!.Code, ranked.Final));
    }

    [Fact]
    public void Rank_WhenNoGpuIsLargeEnough_SaysSoForGood()
    {
        var ranked = OfferRanking.Rank(s_all, new HardwareNeed(200, GpuTier: null, Region: null));
        Assert.Equal((FailureCodes.ModelTooLarge, true), (ranked.WhyNone!.Code, ranked.Final));
        Assert.Contains("80 GB", ranked.WhyNone.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rank_WhenNothingIsSold_MayChange() => Assert.False(OfferRanking.Rank([], new HardwareNeed(8, null, "EU-RO-1")).Final);

    private static Offer Pool(string name, int vramGb, decimal price) => new("runpod", name, vramGb, price) { Pool = name };
}
