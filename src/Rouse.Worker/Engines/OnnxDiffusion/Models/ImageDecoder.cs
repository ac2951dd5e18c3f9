using Rouse.Onnx.Runtime;

namespace Rouse.Worker.Engines.OnnxDiffusion.Models;

/// <summary>The decoder half of the variational autoencoder: latents to pixels.</summary>
internal sealed class ImageDecoder(LoadedModel model, ImageDecoderSettings settings) : IDisposable
{
    private const int Colours = 3;
    private readonly OnnxPort _latent = model.OnlyInput;

    public ImageDecoderSettings Settings => settings;

    public static ImageDecoder Open(string folder, int threads)
    {
        var settings = ImageDecoderSettings.Read(folder);
        return new ImageDecoder(LoadedModel.Open(folder, "vae_decoder/model.onnx", threads), settings);
    }

    /// <summary>Rows from the top, RGB for each pixel.</summary>
    public byte[] Decode(ReadOnlySpan<float> latent, LatentShape shape, CancellationToken ct)
    {
        var scaled = new float[latent.Length];
        for (var i = 0; i < scaled.Length; i++) scaled[i] = (latent[i] / settings.ScalingFactor) + settings.ShiftFactor;
        var input = OnnxTensor.FromFloats(_latent.Type, scaled, 1, shape.Channels, shape.Height, shape.Width);
        var planes = model.Run(new Dictionary<string, OnnxTensor>(StringComparer.Ordinal) { [_latent.Name] = input }, ct).ToFloats();
        var pixels = new byte[planes.Length];
        var area = planes.Length / Colours;
        if (area != shape.Height * shape.Width * settings.Scale * settings.Scale)
            throw EngineException.Unusable("vae_decoder/model.onnx makes pictures of another size than vae_decoder/config.json says.");
        for (var i = 0; i < area; i++)
        {
            for (var colour = 0; colour < Colours; colour++)
                pixels[(i * Colours) + colour] = (byte)Math.Round(Math.Clamp((planes[(colour * area) + i] / 2) + 0.5f, 0, 1) * 255);
        }

        return pixels;
    }

    public void Dispose() => model.Dispose();
}

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
