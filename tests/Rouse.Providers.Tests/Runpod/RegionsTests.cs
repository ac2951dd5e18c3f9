using Rouse.Providers.Runpod;

namespace Rouse.Providers.Tests.Runpod;

public sealed class RegionsTests
{
    private readonly RunpodRegions _regions = new();

    [Theory]
    [InlineData("EU-RO-1", "EU-RO-1")]
    [InlineData("eu-ro-1", "EU-RO-1")]
    [InlineData("OC", "OC-AU-1")]
    [InlineData("ca", "CA-MTL-1,CA-MTL-2,CA-MTL-3")]
    public void AWord_NamesDataCenters(string word, string centers) => Assert.Equal(centers.Split(','), _regions.Resolve(word));

    [Fact]
    public void Europe_IsWholeUnderItsShorterWord()
    {
        Assert.Contains("EUR-IS-1", _regions.Resolve("EU"));
        Assert.DoesNotContain("EU-RO-1", _regions.Resolve("EUR"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("MOON")]
    [InlineData("EU-RO")]
    [InlineData("US,EU")]
    public void AnythingElse_IsNoRegion(string word) => Assert.False(_regions.Knows(word));

    [Fact]
    public void ANewDataCenter_IsLearnedFromTheCatalogue()
    {
        Assert.False(_regions.Knows("SA-BR-1"));
        _regions.Learn([new GpuReply { DataCenters = [new PlaceReply("SA-BR-1", "HIGH")] }]);
        Assert.Equal(["SA-BR-1"], _regions.Resolve("SA"));
    }
}
