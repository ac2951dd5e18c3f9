using Rouse.Onnx.Runtime;
using Rouse.Worker.Engines.OnnxDiffusion.Models;

namespace Rouse.Worker.Tests.Engines.OnnxDiffusion;

public sealed class GuidanceEmbeddingTests
{
    /// <summary>1000 × (8.5 − 1) times frequencies 1, 10^-4/3, 10^-8/3 and 10^-4; sines, then cosines, worked out in Python.</summary>
    [Fact]
    public void Of_AStrength_IsItsSinesThenItsCosines()
    {
        var values = GuidanceEmbedding.Of(8.5f, new OnnxPort("timestep_cond", OnnxElementType.Float, [-1, 8]), rows: 2).ToFloats();
        float[] row = [-0.8512359f, 0.5626783f, -0.4352329f, 0.6816388f, -0.5247832f, -0.8266760f, -0.9003179f, 0.7316889f];
        Assert.Equal([.. row, .. row], values, (a, b) => Math.Abs(a - b) < 1e-5);
    }
}
