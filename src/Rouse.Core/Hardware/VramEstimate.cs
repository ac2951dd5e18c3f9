using System.Globalization;
using Rouse.Core.Models;

namespace Rouse.Core.Hardware;

/// <summary>How much GPU memory a worker needs to serve a model, without offloading parts of it to the machine's memory.</summary>
/// <param name="Gb">Whole GB (10⁹ bytes), rounded up. A GPU sold as 16 GB has 16 GiB, so the difference is a reserve.</param>
/// <param name="WeightBytes">What the weights take once loaded.</param>
public sealed record VramEstimate(int Gb, long WeightBytes)
{
    /// <summary>
    /// Buffers, fragmentation and activations, as a part of the weights: EleutherAI's rule for inference (https://blog.eleuther.ai/transformer-math/),
    /// which the calculator of diffusers' authors takes over (https://huggingface.co/spaces/diffusers/compute-pipeline-size). Stable Diffusion 3
    /// was measured at 18.765 GB for 15.5 GB of weights, so 1.21 (https://huggingface.co/blog/quanto-diffusers).
    /// </summary>
    public const double Headroom = 1.2;

    /// <summary>
    /// GB to decode one picture of 1024 × 1024, whatever the model's size: Stable Diffusion XL was measured at 21.72 GB for four at once
    /// (https://huggingface.co/blog/simple_sdxl_optimizations); less 1.2 times its 6.94 GB of weights, that is 3.35 GB for each.
    /// </summary>
    public const double PictureGb = 3.5;

    /// <summary>PyTorch workers are started with <c>torch_dtype=float16</c> or <c>bfloat16</c>: what is stored wider becomes two bytes.</summary>
    private const int LoadedBytes = 2;

    /// <summary>Bits of the types a safetensors header may name (https://huggingface.co/docs/safetensors).</summary>
    private static readonly Dictionary<string, int> s_bits = new(StringComparer.Ordinal)
    {
        ["F64"] = 64, ["I64"] = 64, ["U64"] = 64, ["F32"] = 32, ["I32"] = 32, ["U32"] = 32, ["F16"] = 16, ["BF16"] = 16, ["I16"] = 16, ["U16"] = 16,
        ["F8_E4M3"] = 8, ["F8_E5M2"] = 8, ["I8"] = 8, ["U8"] = 8, ["BOOL"] = 8, ["F4"] = 4,
    };

    public static VramEstimate From(ModelFacts facts)
    {
        var weights = LoadedSize(facts);
        return new VramEstimate((int)Math.Ceiling((weights / 1e9 * Headroom) + PictureGb), weights);
    }

    /// <summary>The figure's origin, for people.</summary>
    public string Basis =>
        string.Create(CultureInfo.InvariantCulture, $"{WeightBytes / 1e9:0.0} GB of weights × {Headroom:0.0} + {PictureGb:0.0} GB for a picture");

    /// <summary>Bytes that parameters of the named types take in a file; null when that makes no sense.</summary>
    public static long? StoredSize(IReadOnlyDictionary<string, long> parameters) => Size(parameters, 64);

    private static long LoadedSize(ModelFacts facts)
    {
        var isCast = facts.Weights.All(file => file.Format == WeightFormat.Safetensors) && facts.Parameters.Count > 0;
        return (isCast ? Size(facts.Parameters, LoadedBytes * 8) : null) ?? facts.WeightBytes;
    }

    private static long? Size(IReadOnlyDictionary<string, long> parameters, int mostBits)
    {
        var bits = 0m;
        foreach (var (type, count) in parameters)
        {
            if (count < 0 || !s_bits.TryGetValue(type, out var each)) return null;
            bits += (decimal)count * Math.Min(each, mostBits);
        }

        return (long)Math.Ceiling(bits / 8);
    }
}
