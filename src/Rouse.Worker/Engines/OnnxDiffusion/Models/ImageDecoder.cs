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
            {
                var value = planes[(colour * area) + i];
                // Such pixels would be black, and nobody told why.
                if (!float.IsFinite(value))
                    throw new EngineException(EngineFault.EngineFailed, "vae_decoder/model.onnx produced values that are not numbers. Use a float32 export of it.");
                pixels[(i * Colours) + colour] = (byte)Math.Round(Math.Clamp((value / 2) + 0.5f, 0, 1) * 255);
            }
        }

        return pixels;
    }

    public void Dispose() => model.Dispose();
}
