using Rouse.Core.Hardware;

namespace Rouse.Core.Tests.Hardware;

public sealed class GpuTiersTests
{
    [Theory]
    [InlineData("ECONOMY", 16)]
    [InlineData("A10", 24)]
    [InlineData("a10", 24)]
    [InlineData("HOPPER_141", 141)]
    public void Find_OfAName_HasItsMemory(string tier, int vramGb)
    {
        var found = GpuTiers.Find(tier)?.VramGb;
        Assert.Equal(vramGb, found);
    }

    [Theory]
    [InlineData("")]
    [InlineData("A10 ")]
    [InlineData("RTX")]
    public void Find_OfAnythingElse_IsNull(string tier) => Assert.Null(GpuTiers.Find(tier));

    [Fact]
    public void EveryName_HasMemory() => Assert.All(GpuTiers.Names, name => Assert.True(GpuTiers.Find(name) is { VramGb: >= 16, Pools.Count: > 0 }));
}
