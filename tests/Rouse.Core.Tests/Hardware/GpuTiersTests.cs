using Rouse.Core.Hardware;

namespace Rouse.Core.Tests.Hardware;

public sealed class GpuTiersTests
{
    [Theory]
    [InlineData("ECONOMY", 16)]
    [InlineData("A10", 24)]
    [InlineData("a10", 24)]
    [InlineData("HOPPER_141", 141)]
    public void TryGetVram_OfAName_IsItsMemory(string tier, int vramGb)
    {
        Assert.True(GpuTiers.TryGetVram(tier, out var found));
        Assert.Equal(vramGb, found);
    }

    [Theory]
    [InlineData("")]
    [InlineData("A10 ")]
    [InlineData("RTX")]
    public void TryGetVram_OfAnythingElse_IsUnknown(string tier) => Assert.False(GpuTiers.TryGetVram(tier, out _));

    [Fact]
    public void EveryName_HasMemory() => Assert.All(GpuTiers.Names, name => Assert.True(GpuTiers.TryGetVram(name, out var vramGb) && vramGb >= 16));
}
