using Rouse.Onnx.Graphs;
using Rouse.Onnx.Graphs.Proto;
using Rouse.Onnx.Runtime;

namespace Rouse.Onnx.Samples.TinyDiffusion;

/// <summary>
/// Latents to pixels in [-1, 1]: the ridge channel becomes five sheets of cut paper, each casting a soft shadow on the one behind, under a sky
/// with a sun; the other channels are light and hue. Edges are one pixel wide at every size, because distances are measured in pixels.
/// </summary>
internal static class TinyVaeDecoder
{
    private const int Sheets = 5;
    private const float FirstRidge = 0.42f, RidgeStep = 0.125f, RidgeHeight = 0.11f; // of the picture's height
    private const float ShadowReach = 0.04f, ShadowDepth = 0.3f;
    private const float SunRadius = 0.085f;

    public static ModelProto Build(TinyDiffusionOptions options)
    {
        var graph = new GraphBuilder("vae_decoder", options.Floats);
        var latent = graph.Input("latent_sample", options.Floats, "batch", "4", "height", "width");
        var smooth = Enlarge(graph, latent);
        var (height, width) = (smooth.Size(2), smooth.Size(3));
        var rows = Ramp(graph, height).Reshape(1, 1, -1, 1);
        var columns = Ramp(graph, width).Reshape(1, 1, 1, -1);
        var tall = height.ToFloats().Reshape(1, 1, 1, 1);
        var aspect = width.ToFloats().Reshape(1, 1, 1, 1) / tall;
        var palette = new TinyPalette(graph, smooth);
        var ridges = smooth.Slice(1, 0, 1);

        // The sun leans to where the land is low, and sits lower the darker it is.
        var lean = (120 * (ridges * (columns - 0.5f)).Mean(2, 3)).Tanh();
        var sunColumn = 0.5f + 0.26f * lean;
        var sunRow = 0.34f - (0.14f * palette.Light.Mean(2, 3));
        var (across, down) = ((columns - sunColumn) * aspect, rows - sunRow);
        var distance = ((across * across) + (down * down) + 1e-4f).Sqrt();

        var sky = Mix(palette.SkyTop, palette.Horizon, (rows * (1 / 0.6f)).Clip(0, 1));
        var picture = Mix(sky, palette.Sun, 0.45f * (distance * -5.5f).Exp());
        picture = Mix(picture, palette.Sun, (((SunRadius - distance) * tall) + 0.5f).Clip(0, 1));
        for (var sheet = 0; sheet < Sheets; sheet++)
        {
            var depth = sheet / (Sheets - 1f);
            var below = rows - (FirstRidge + (sheet * RidgeStep)) + (ridges * (RidgeHeight * (0.75f + (0.4f * depth))));
            var shadow = (1 + (below / ShadowReach)).Clip(0, 1);
            picture *= 1 - (ShadowDepth * shadow * shadow);
            var paper = Mix(palette.Sheet(depth), palette.Horizon, 0.22f * (1 - (below * 3f)).Clip(0, 1));
            picture = Mix(picture, paper, ((below * tall) + 0.5f).Clip(0, 1));
        }

        graph.Output("sample", (picture * 2 - 1).Clip(-1, 1), "batch", "3", "picture_height", "picture_width");
        return graph.Build();
    }

    private static Value Mix(Value from, Value to, Value share) => from + ((to - from) * share);

    private static Value Enlarge(GraphBuilder graph, Value latent)
    {
        var sizes = new float[] { 1, 1, TinyDiffusionModel.VaeScale, TinyDiffusionModel.VaeScale };
        var scales = graph.Weights(sizes).Cast(OnnxElementType.Float); // Resize takes its scales as float whatever it resizes
        var nothing = graph.Weights([], 0).Cast(OnnxElementType.Float);
        return graph.Apply("Resize", [latent, nothing, scales], ("mode", "cubic"), ("coordinate_transformation_mode", "half_pixel"));
    }

    /// <summary>The centres of n cells on the line from 0 to 1.</summary>
    private static Value Ramp(GraphBuilder graph, Value count)
    {
        var scalar = count.Reshape();
        var steps = graph.Apply("Range", [graph.Integers([0]).Reshape(), scalar, graph.Integers([1]).Reshape()]);
        return (steps.ToFloats() + 0.5f) / scalar.ToFloats();
    }
}
