using System.Text.Json;

namespace Rouse.Worker.Engines.OnnxDiffusion.Models;

/// <summary>
/// The one matrix that grows with the square of a picture's pixels: each latent's attention to each other at the denoiser's finest level. ONNX Runtime makes it
/// whole on the processor, and a machine that is too small for it ends the worker without a word.
/// </summary>
/// <param name="Heads">At that level; 0 where it has no attention, or does not say.</param>
/// <param name="NumberSize">Bytes of one number.</param>
internal readonly record struct Attention(int Heads, int NumberSize)
{
    private const int MaxHeads = 1_024; // published models have 5 to 24

    /// <param name="unet">Its <c>attention_head_dim</c> is the number of heads, whatever its name says, unless <c>num_attention_heads</c> is there.</param>
    public static Attention Read(ConfigFile unet, int numberSize)
    {
        var attends = unet.Find("down_block_types", JsonValueKind.Array) is { } blocks && blocks.GetArrayLength() > 0
            && blocks[0] is { ValueKind: JsonValueKind.String } first && first.GetString()!.Contains("Attn", StringComparison.Ordinal);
        var said = unet.Find("num_attention_heads") ?? unet.Find("attention_head_dim");
        if (said is { ValueKind: JsonValueKind.Array } levels && levels.GetArrayLength() > 0) said = levels[0];
        return new Attention(attends && said is { ValueKind: JsonValueKind.Number } heads && heads.TryGetInt32(out var count) && count is > 0 and <= MaxHeads ? count : 0, numberSize);
    }

    /// <summary>Bytes at least, for one picture.</summary>
    public long Bytes(LatentShape latent) => Heads * NumberSize * (long)latent.Width * latent.Height * latent.Width * latent.Height;
}
