using Rouse.Worker.Engines.OnnxDiffusion;

namespace Rouse.Worker.Tests.Engines.OnnxDiffusion;

public sealed class GaussianNoiseTests
{
    /// <summary>Computed with a second implementation, in Python.</summary>
    [Theory]
    [InlineData(0, -0.01896499060631051, -1.3559302271143727, -0.40372109705088766, 0.23335097938940202)]
    [InlineData(42, -0.303263064678738, 0.28846173882942383, 1.3438117634372806, -0.6879751798977497)]
    [InlineData((1L << 53) - 1, 0.4381791268429045, -0.557036975093088)]
    public void Next_IsFixedByTheSeed(long seed, params double[] expected)
    {
        var noise = new GaussianNoise(seed);
        Assert.All(expected, value => Assert.Equal(value, noise.Next(), 12));
    }

    [Fact]
    public void Next_IsStandardNormal()
    {
        var noise = new GaussianNoise(7);
        var values = Enumerable.Range(0, 200_000).Select(_ => noise.Next()).ToArray();
        Assert.Equal(0, values.Average(), 0.01);
        Assert.Equal(1, values.Average(v => v * v), 0.02);
        Assert.Equal(0.6827, values.Count(v => Math.Abs(v) < 1) / 200_000.0, 0.005);
    }
}
