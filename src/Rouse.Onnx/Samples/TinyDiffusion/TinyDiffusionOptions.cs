using Rouse.Onnx.Runtime;

namespace Rouse.Onnx.Samples.TinyDiffusion;

/// <summary>The ways in which exported repositories differ, for tests that need each of them.</summary>
public sealed record TinyDiffusionOptions
{
    /// <summary>Float or Float16: the type of the weights and of every float port.</summary>
    public OnnxElementType Floats { get; init; } = OnnxElementType.Float;

    /// <summary>Int32 or Int64: the type of <c>input_ids</c>.</summary>
    public OnnxElementType TokenIds { get; init; } = OnnxElementType.Int32;

    /// <summary><c>epsilon</c> or <c>v_prediction</c>.</summary>
    public string Prediction { get; init; } = "epsilon";

    /// <summary>The scheduler the repository names, as diffusers spells it.</summary>
    public string Scheduler { get; init; } = "EulerDiscreteScheduler";

    /// <summary><c>leading</c>, <c>trailing</c> or <c>linspace</c>.</summary>
    public string TimestepSpacing { get; init; } = "leading";

    /// <summary>Int64 (one number in a vector), or Float (a scalar, as some exports have it): the unet's <c>timestep</c>.</summary>
    public OnnxElementType Timestep { get; init; } = OnnxElementType.Int64;

    /// <summary>Latents per side where the unet takes one size and one prompt a run; null where it takes any.</summary>
    public int? FixedSize { get; init; }

    /// <summary>Whether the unet takes the strength of guidance as its input <c>timestep_cond</c>, as latent consistency models do.</summary>
    public bool TakesGuidance { get; init; }
}
