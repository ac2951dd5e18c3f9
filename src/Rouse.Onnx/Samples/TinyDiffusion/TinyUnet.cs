using Rouse.Onnx.Graphs;
using Rouse.Onnx.Graphs.Proto;
using Rouse.Onnx.Runtime;

namespace Rouse.Onnx.Samples.TinyDiffusion;

/// <summary>
/// The denoiser. Pictures are taken to be a mood μ (from the prompt) plus smooth Gaussian noise of variance S, for which the best guess of the
/// clean latent is known in closed form: x̂ = μ + K·(x − √ā μ)·S√ā / (S ā + 1 − ā), with K a blur. The prediction follows from x̂, so every
/// scheduler that is right walks from noise to such a picture, and one that is wrong does not.
/// </summary>
internal static class TinyUnet
{
    private const int GuidanceWidth = 256;
    private const int Radius = 7;
    private const float WideX = 3.2f, WideY = 2.2f, Narrow = 1.1f; // latents; the wide blur makes ridges, the narrow one their crags
    private const float NarrowShare = 0.06f;
    private static readonly float[] Variance = [24, 0.3f, 0.35f, 0.35f]; // of ridges, light and the two of hue

    public static ModelProto Build(Random random, TinyDiffusionOptions options)
    {
        var graph = new GraphBuilder("unet", options.Floats);
        string[] latent = options.FixedSize is { } side ? ["1", "4", $"{side}", $"{side}"] : ["batch", "4", "height", "width"];
        var noisy = graph.Input("sample", options.Floats, latent);
        var timestep = graph.Input("timestep", options.Timestep, options.Timestep == OnnxElementType.Float ? [] : ["1"]);
        var states = graph.Input("encoder_hidden_states", options.Floats, latent[0], "sequence", $"{TinyTextEncoder.Width}");

        var alpha = graph.Weights(AlphasCumulative()).Gather(timestep.Cast(OnnxElementType.Int64)).Reshape(1, 1, 1, 1);
        var (signal, noise) = (alpha.Sqrt(), (1 - alpha).Sqrt());
        var mood = Mood(graph, states, random);
        if (options.TakesGuidance)
            mood *= 2 + graph.Input("timestep_cond", options.Floats, latent[0], $"{GuidanceWidth}").Mean(1).Reshape(-1, 1, 1, 1);
        var variance = graph.Weights(Variance, 1, 4, 1, 1);
        var gain = variance * signal / ((variance * alpha) + (1 - alpha));
        var clean = mood + (gain * Blur(graph, noisy - (signal * mood)));
        var epsilon = (noisy - (signal * clean)) / noise;
        var prediction = options.Prediction == "v_prediction" ? (signal * epsilon) - (noise * clean) : epsilon;
        graph.Output("out_sample", prediction, latent);
        return graph.Build();
    }

    /// <summary>Listens to the prompt's tokens by their loudness: no ridges of its own, then light and hue.</summary>
    private static Value Mood(GraphBuilder graph, Value states, Random random)
    {
        var loudness = states.Slice(2, 0, 1).Softmax(1);
        var heard = (loudness * states).Sum(1).Reshape(0, -1);
        const int channels = TinyDiffusionModel.LatentChannels;
        var direct = new float[TinyTextEncoder.Width * channels];
        for (var channel = 1; channel < channels; channel++) direct[(channel * channels) + channel] = 1;
        var overtones = new float[direct.Length];
        for (var i = TinyTextEncoder.MoodWidth * channels; i < overtones.Length; i++)
            overtones[i] = i % channels == 0 ? 0 : (random.NextSingle() - 0.5f) * 0.5f;

        long[] shape = [TinyTextEncoder.Width, channels];
        var mood = heard.MatMul(graph.Weights(direct, shape)) + (0.15f * heard.MatMul(graph.Weights(overtones, shape)).Tanh());
        return mood.Reshape(0, channels, 1, 1) * TinyDiffusionModel.ScalingFactor;
    }

    private static Value Blur(GraphBuilder graph, Value latent)
    {
        var padded = graph.Apply("Pad", [latent, graph.Integers([0, 0, Radius, Radius, 0, 0, Radius, Radius])], ("mode", "edge"));
        var kernel = Kernel();
        var side = (2 * Radius) + 1;
        float[] each = [.. kernel, .. kernel, .. kernel, .. kernel];
        return graph.Apply("Conv", [padded, graph.Weights(each, 4, 1, side, side)], ("group", 4));
    }

    private static float[] Kernel()
    {
        var wide = Gaussian(WideX, WideY);
        var narrow = Gaussian(Narrow, Narrow);
        return [.. wide.Zip(narrow, (w, n) => ((1 - NarrowShare) * w) + (NarrowShare * n))];
    }

    private static float[] Gaussian(float sigmaX, float sigmaY)
    {
        var values = new List<float>();
        for (var y = -Radius; y <= Radius; y++)
        {
            for (var x = -Radius; x <= Radius; x++)
                values.Add(MathF.Exp(-((x * x / (2 * sigmaX * sigmaX)) + (y * y / (2 * sigmaY * sigmaY)))));
        }

        var sum = values.Sum();
        return [.. values.Select(v => v / sum)];
    }

    /// <summary>ā of every training step for the scheduler's betas: they rise linearly in their square roots.</summary>
    private static float[] AlphasCumulative()
    {
        var alphas = new float[TinyConfigs.TrainSteps];
        var product = 1.0;
        for (var t = 0; t < alphas.Length; t++)
        {
            var root = double.Lerp(Math.Sqrt(TinyConfigs.BetaStart), Math.Sqrt(TinyConfigs.BetaEnd), t / (alphas.Length - 1.0));
            alphas[t] = (float)(product *= 1 - (root * root));
        }

        return alphas;
    }
}
