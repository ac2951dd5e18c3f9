namespace Rouse.Worker.Engines.OnnxDiffusion.Models;

/// <summary>What the decoder's configuration says.</summary>
/// <param name="Scale">Pixels along a side for each latent.</param>
/// <param name="ScalingFactor">What latents were multiplied by in training.</param>
/// <param name="ShiftFactor">What was taken from them before that.</param>
/// <param name="Channels">Of a latent.</param>
internal sealed record ImageDecoderSettings(int Scale, float ScalingFactor, float ShiftFactor, int Channels)
{
    private const float StableDiffusionScaling = 0.18215f;
    private const int UsualBlocks = 4, MaxBlocks = 6, UsualChannels = 4, MaxChannels = 64;

    public static ImageDecoderSettings Read(string folder)
    {
        var file = ConfigFile.Read(folder, "vae_decoder/config.json");
        var blocks = file.Find("block_out_channels", System.Text.Json.JsonValueKind.Array)?.GetArrayLength() ?? UsualBlocks;
        if (blocks is < 1 or > MaxBlocks) throw file.Wrong("block_out_channels", $"a list of 1 to {MaxBlocks}");
        var scaling = (float)file.Number("scaling_factor", StableDiffusionScaling);
        if (!(scaling > 0)) throw file.Wrong("scaling_factor", "more than 0");
        var channels = file.Count("latent_channels", UsualChannels, MaxChannels);

        // Each block after the first doubles the side.
        return new ImageDecoderSettings(1 << (blocks - 1), scaling, (float)file.Number("shift_factor", 0), channels);
    }
}
