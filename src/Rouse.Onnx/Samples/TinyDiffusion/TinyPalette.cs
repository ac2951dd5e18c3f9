using Rouse.Onnx.Graphs;

namespace Rouse.Onnx.Samples.TinyDiffusion;

/// <summary>Colours (RGB along axis 1, 0 to 1) from the light and hue channels, which are bounded here because guidance may push them far.</summary>
internal sealed class TinyPalette
{
    // The colour circle around grey: red at 0°, green at 120°, blue at 240°.
    private static readonly float[] Circle = [1, 0, -0.5f, 0.8660254f, -0.5f, -0.8660254f];
    private readonly GraphBuilder _graph;
    private readonly Value _hue;

    public TinyPalette(GraphBuilder graph, Value latent)
    {
        _graph = graph;
        Light = (1.4f * latent.Slice(1, 1, 2)).Sigmoid();
        var raw = latent.Slice(1, 2, 4);
        var length = ((raw * raw).Sum(1) + 1e-3f).Sqrt();
        _hue = raw / (0.45f + length);
        Horizon = Shade(0.60f, 0.34f, 0.26f, degrees: 22);
        SkyTop = Shade(0.14f, 0.56f, 0.24f, degrees: -38);
        Sun = Shade(0.93f, 0.06f, 0.10f, degrees: 12);
    }

    /// <summary>0 night to 1 noon.</summary>
    public Value Light { get; }

    public Value Horizon { get; }

    public Value SkyTop { get; }

    public Value Sun { get; }

    /// <summary>A sheet's paper: 0 far and pale, 1 near and deep.</summary>
    public Value Sheet(float depth) => Shade(
        float.Lerp(0.46f, 0.07f, depth), float.Lerp(0.26f, 0.12f, depth), float.Lerp(0.30f, 0.13f, depth), float.Lerp(10, -14, depth));

    private Value Shade(float dark, float lit, float colour, float degrees)
    {
        var (sine, cosine) = MathF.SinCos(degrees * MathF.PI / 180);
        var kernel = new float[Circle.Length];
        for (var i = 0; i < kernel.Length; i += 2)
        {
            kernel[i] = colour * ((Circle[i] * cosine) + (Circle[i + 1] * sine));
            kernel[i + 1] = colour * ((Circle[i + 1] * cosine) - (Circle[i] * sine));
        }

        var tint = _graph.Apply("Conv", [_hue, _graph.Weights(kernel, 3, 2, 1, 1)]);
        return (tint + dark + (lit * Light)).Clip(0, 1);
    }
}
