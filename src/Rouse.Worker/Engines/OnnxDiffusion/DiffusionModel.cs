using Rouse.Worker.Engines.OnnxDiffusion.Inputs;
using Rouse.Worker.Engines.OnnxDiffusion.Models;
using Rouse.Worker.Engines.OnnxDiffusion.Schedulers;

namespace Rouse.Worker.Engines.OnnxDiffusion;

/// <summary>A loaded text-to-image repository: prompt → states, noise → latent step by step, latent → pixels.</summary>
internal sealed class DiffusionModel : IDisposable
{
    private const int Parts = 3;
    private const int MaxDefaultSide = 1536; // its square is InputLimits.MaxPixels
    private readonly TextEncoder _text;
    private readonly Denoiser _denoiser;
    private readonly ImageDecoder _decoder;

    private DiffusionModel(TextEncoder text, Denoiser denoiser, ImageDecoder decoder, ModelTraits traits) =>
        (_text, _denoiser, _decoder, Traits) = (text, denoiser, decoder, traits);

    public ModelTraits Traits { get; }

    /// <exception cref="EngineException">The repository is not one this engine runs, or does not load.</exception>
    public static DiffusionModel Load(string folder, int threads, Action<EngineProgress> progress, CancellationToken ct)
    {
        ModelFolder.Check(folder);
        var scheduler = SchedulerConfig.Read(folder);
        var text = Loaded(TextEncoder.Open(folder, threads), 1);
        var denoiser = Loaded(Denoiser.Open(folder, threads), 2);
        var decoder = Loaded(ImageDecoder.Open(folder, threads), Parts);
        return new DiffusionModel(text, denoiser, decoder, Describe(folder, scheduler, denoiser, decoder.Settings));

        T Loaded<T>(T part, int number)
        {
            // A load that ends here leaves its parts to their finalizers: it is the last thing a worker does.
            progress(new EngineProgress(EngineProgress.Loading, number, Parts));
            ct.ThrowIfCancellationRequested();
            return part;
        }
    }

    /// <summary>Paints one picture. The same input and seed give the same pixels.</summary>
    /// <param name="stepped">Called after each step.</param>
    public byte[] Paint(TextToImageInput input, long seed, Action stepped, CancellationToken ct)
    {
        var scheduler = Scheduler.Create(Traits.Scheduler with { Kind = input.Scheduler }, input.Steps);
        var guided = input.GuidanceScale > 1 && !Traits.TakesGuidance;
        var wanted = _text.Encode(input.Prompt, ct);
        HiddenStates[] prompts = guided ? [_text.Encode(input.NegativePrompt, ct), wanted] : [wanted];

        var noise = new GaussianNoise(seed);
        var scale = _decoder.Settings.Scale;
        var shape = new LatentShape(_decoder.Settings.Channels, input.Height / scale, input.Width / scale);
        var latent = new float[shape.Count];
        for (var i = 0; i < latent.Length; i++) latent[i] = (float)(noise.Next() * scheduler.InitialNoise);

        var seen = new float[latent.Length];
        for (var step = 0; step < input.Steps; step++)
        {
            ct.ThrowIfCancellationRequested();
            var inputScale = scheduler.InputScale(step);
            for (var i = 0; i < seen.Length; i++) seen[i] = (float)(latent[i] * inputScale);
            var predictions = _denoiser.Predict(seen, shape, scheduler.Timesteps[step], prompts, (float)input.GuidanceScale, ct);
            scheduler.Advance(step, guided ? Guide(predictions, input.GuidanceScale) : predictions[0], latent, noise);
            if (!float.IsFinite(latent.Sum())) throw NotANumber(step);
            stepped();
        }

        return _decoder.Decode(latent, shape, ct);
    }

    public void Dispose()
    {
        _text.Dispose();
        _denoiser.Dispose();
        _decoder.Dispose();
    }

    /// <summary>Classifier-free guidance (Ho and Salimans, 2022): away from the negative prompt, past the prompt. In place, in the first.</summary>
    private static float[] Guide(float[][] predictions, double scale)
    {
        var (away, towards) = (predictions[0], predictions[1]);
        for (var i = 0; i < away.Length; i++) away[i] = (float)(away[i] + (scale * (towards[i] - away[i])));
        return away;
    }

    private static ModelTraits Describe(string folder, SchedulerSettings scheduler, Denoiser denoiser, ImageDecoderSettings decoder)
    {
        if (denoiser.Channels is { } channels && channels != decoder.Channels)
        {
            throw EngineException.Unusable(
                $"unet/model.onnx takes latents of {channels} channels and vae_decoder of {decoder.Channels}, so this is no text-to-image model.",
                "Deploy one that is.");
        }

        foreach (var side in new[] { denoiser.FixedWidth, denoiser.FixedHeight })
        {
            if ((long?)side * decoder.Scale is < InputLimits.MinSide or > InputLimits.MaxSide)
            {
                throw EngineException.Unusable(
                    $"unet/model.onnx is fixed to pictures of {(long)side! * decoder.Scale} pixels along a side; {InputLimits.MinSide} to {InputLimits.MaxSide} are made.",
                    "Export it for another size, or for any.");
            }
        }

        var unet = ConfigFile.Read(folder, "unet/config.json");
        var trained = unet.Count("sample_size", 64, InputLimits.MaxSide);
        int Side(int? latents) => latents * decoder.Scale ?? Math.Clamp(trained * decoder.Scale, InputLimits.MinSide, MaxDefaultSide);
        return new ModelTraits
        {
            Scheduler = scheduler,
            DefaultWidth = Side(denoiser.FixedWidth),
            DefaultHeight = Side(denoiser.FixedHeight),
            FixedWidth = denoiser.FixedWidth * decoder.Scale,
            FixedHeight = denoiser.FixedHeight * decoder.Scale,
            PixelsPerLatent = decoder.Scale,
            TakesGuidance = denoiser.TakesGuidance,
            Attention = Attention.Read(unet, denoiser.NumberSize),
        };
    }

    private static EngineException NotANumber(int step) => new(
        EngineFault.EngineFailed,
        $"The model produced values that are not numbers at step {step + 1}. Use a float32 export, another scheduler or less guidance.");
}
