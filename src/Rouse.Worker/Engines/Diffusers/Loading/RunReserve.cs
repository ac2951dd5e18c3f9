namespace Rouse.Worker.Engines.Diffusers.Loading;

/// <summary>What a run needs of the GPU besides the weights that lie there. Others' published figures, not measured here.</summary>
internal static class RunReserve
{
    /// <summary>
    /// Bytes of the GPU besides the weights of the whole model, for one picture of 1024²: Stable Diffusion XL, whose decoder computes with 32 bits, was
    /// measured at 21.7 GB for four at once with 6.9 GB of weights (https://huggingface.co/blog/simple_sdxl_optimizations).
    /// </summary>
    public const long Picture = 3_700_000_000;

    /// <summary>The same besides one component at a time: the decoder is alone then and works in tiles, so this is CUDA's own and the denoiser's attention.</summary>
    public const long Part = 2L << 30;

    /// <summary>
    /// For a film, which is always decoded in tiles: Wan 2.1 of 14 thousand million numbers, 28.6 GB with 16 bits, is published as needing 35 GB one component
    /// at a time (https://huggingface.co/docs/diffusers/v0.33.0/api/pipelines/wan).
    /// </summary>
    public const long Film = 6L << 30;
}
