using Rouse.Onnx.Runtime;

namespace Rouse.Worker.Engines.OnnxDiffusion.Models;

/// <summary>The UNet: what it predicts from a noisy latent, a timestep and a prompt's states.</summary>
internal sealed class Denoiser : IDisposable
{
    private readonly LoadedModel _model;
    private readonly OnnxPort _sample, _timestep, _states;
    private readonly OnnxPort? _guidance;

    private Denoiser(LoadedModel model)
    {
        _model = model;
        _sample = model.RequireInput("sample");
        _timestep = model.RequireInput("timestep");
        _states = model.RequireInput("encoder_hidden_states");
        _guidance = model.Input("timestep_cond");
        if (_sample.Shape is not [_, var channels, _, _] || channels > int.MaxValue)
            throw EngineException.Unusable("unet/model.onnx takes no picture-like latent.");
        Channels = channels > 0 ? (int)channels : null;
    }

    /// <summary>Latent channels the model is fixed to; null where any number fits.</summary>
    public int? Channels { get; }

    /// <summary>Latent height and width the model is fixed to; null where any size fits.</summary>
    public int? FixedHeight => _sample.Shape[2] > 0 ? (int)Math.Min(_sample.Shape[2], int.MaxValue) : null;

    public int? FixedWidth => _sample.Shape[3] > 0 ? (int)Math.Min(_sample.Shape[3], int.MaxValue) : null;

    /// <summary>The strength of guidance is an input of the model (latent consistency models), so one pass a step is enough.</summary>
    public bool TakesGuidance => _guidance is not null;

    /// <summary>Bytes of one number that it computes with.</summary>
    public int NumberSize => _sample.Type == OnnxElementType.Float16 ? 2 : 4;

    /// <summary>Whether the prompt and its opposite can share one pass.</summary>
    private bool TakesPairs => _sample.Shape[0] is not 1;

    public static Denoiser Open(string folder, int threads) => new(LoadedModel.Open(folder, "unet/model.onnx", threads));

    /// <summary>Predicts once for each of the prompts, from the same latent.</summary>
    public float[][] Predict(
        float[] latent, LatentShape shape, double timestep, IReadOnlyList<HiddenStates> prompts, float guidance, CancellationToken ct)
    {
        if (prompts.Count > 1 && !TakesPairs)
            return [.. prompts.SelectMany(prompt => Predict(latent, shape, timestep, [prompt], guidance, ct))];
        float[] latents = [.. prompts.SelectMany(_ => latent)];
        float[] states = [.. prompts.SelectMany(prompt => prompt.Values)];
        var inputs = new Dictionary<string, OnnxTensor>(StringComparer.Ordinal)
        {
            [_sample.Name] = OnnxTensor.FromFloats(_sample.Type, latents, prompts.Count, shape.Channels, shape.Height, shape.Width),
            [_timestep.Name] = Timestep(timestep),
            [_states.Name] = OnnxTensor.FromFloats(_states.Type, states, prompts.Count, prompts[0].Length, prompts[0].Width),
        };
        if (_guidance is not null) inputs[_guidance.Name] = GuidanceEmbedding.Of(guidance, _guidance, prompts.Count);
        var prediction = _model.Run(inputs, ct).ToFloats();
        return prediction.Length == latents.Length
            ? [.. prediction.Chunk(latent.Length)]
            : throw EngineException.Unusable("unet/model.onnx answers another shape than its latent's.");
    }

    public void Dispose() => _model.Dispose();

    private OnnxTensor Timestep(double timestep)
    {
        ReadOnlySpan<long> shape = _timestep.Shape.Count == 0 ? [] : [1];
        return _timestep.Type is OnnxElementType.Int32 or OnnxElementType.Int64
            ? OnnxTensor.FromIntegers(_timestep.Type, [(long)Math.Round(timestep)], shape)
            : OnnxTensor.FromFloats(_timestep.Type, [(float)timestep], shape);
    }
}
