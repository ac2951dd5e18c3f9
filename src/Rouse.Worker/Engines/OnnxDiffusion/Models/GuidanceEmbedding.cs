using Rouse.Onnx.Runtime;

namespace Rouse.Worker.Engines.OnnxDiffusion.Models;

/// <summary>The strength of guidance as sines and cosines of falling frequency (Meng and others, 2023; Luo and others, 2023).</summary>
internal static class GuidanceEmbedding
{
    private const double Scale = 1000, LongestPeriod = 10_000;
    private const int UsualWidth = 256, Narrowest = 4, Widest = 4_096; // fewer have no frequencies to fall

    public static OnnxTensor Of(float guidance, OnnxPort port, int rows)
    {
        var width = port.Shape is [_, > 0 and var said] ? said is >= Narrowest and <= Widest ? (int)said : throw EngineException.Unusable($"unet/model.onnx takes guidance as {said} numbers; {Narrowest} to {Widest} are made.") : UsualWidth;
        var half = width / 2;
        var values = new float[rows * width];
        for (var i = 0; i < half; i++)
        {
            var angle = (guidance - 1) * Scale * Math.Exp(-Math.Log(LongestPeriod) * i / (half - 1));
            for (var row = 0; row < rows * width; row += width)
            {
                values[row + i] = (float)Math.Sin(angle);
                values[row + half + i] = (float)Math.Cos(angle);
            }
        }

        return OnnxTensor.FromFloats(port.Type, values, rows, width);
    }
}
