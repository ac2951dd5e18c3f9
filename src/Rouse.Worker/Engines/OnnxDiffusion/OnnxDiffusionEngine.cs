using System.Text.Json;
using Rouse.Worker.Engines.Images;
using Rouse.Worker.Engines.OnnxDiffusion.Inputs;

namespace Rouse.Worker.Engines.OnnxDiffusion;

/// <summary>Text-to-image on ONNX Runtime, for repositories in the layout that Optimum exports.</summary>
/// <param name="modelId">What answers call the model.</param>
/// <param name="threads">Threads a model run may use; 0 means one for each core.</param>
/// <param name="drawSeed">A random number from 0 to the one given, both included: the seed of a job that names none.</param>
internal sealed class OnnxDiffusionEngine(string modelId, int threads, Func<long, long> drawSeed) : IEngine
{
    private DiffusionModel? _model;

    public async ValueTask LoadAsync(string modelFolder, Action<EngineProgress> progress, CancellationToken ct) =>
        _model = await Task.Run(() => DiffusionModel.Load(modelFolder, threads, progress, ct), ct);

    public async ValueTask<EngineResult> RunAsync(JsonElement input, Action<EngineProgress> progress, CancellationToken ct)
    {
        var model = _model ?? throw new InvalidOperationException("The model is not loaded.");
        var wanted = InputReader.Read(input, model.Traits, drawSeed, out var fault);
        if (wanted is null) return new EngineResult.Refused(EngineFault.InvalidInput, fault!);
        var pictures = await Task.Run(() => Paint(model, wanted, progress, ct), ct);
        return new EngineResult.Completed(OutputWriter.Write(modelId, wanted, pictures));
    }

    public ValueTask DisposeAsync()
    {
        _model?.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>One picture after the other, so that a picture depends on its own seed and not on its company.</summary>
    private static List<byte[]> Paint(DiffusionModel model, TextToImageInput wanted, Action<EngineProgress> progress, CancellationToken ct)
    {
        var (done, all) = (0, wanted.Steps * wanted.Images);
        var pictures = new List<byte[]>();
        for (var image = 0; image < wanted.Images; image++)
        {
            var pixels = model.Paint(wanted, wanted.Seed + image, () => progress(new EngineProgress(EngineProgress.Inference, ++done, all)), ct);
            pictures.Add(PngWriter.Write(pixels, wanted.Width, wanted.Height));
        }

        return pictures;
    }
}
