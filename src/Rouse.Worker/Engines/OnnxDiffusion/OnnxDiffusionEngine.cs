using System.Text.Json;
using Rouse.Worker.Engines.Images;
using Rouse.Worker.Engines.OnnxDiffusion.Inputs;
using Rouse.Worker.Engines.OnnxDiffusion.Models;
using Rouse.Worker.Engines.OnnxDiffusion.Schedulers;
using Rouse.Worker.Weights;

namespace Rouse.Worker.Engines.OnnxDiffusion;

/// <summary>Text-to-image on ONNX Runtime, for repositories in the layout that Optimum exports.</summary>
/// <param name="modelId">What answers call the model.</param>
/// <param name="threads">Threads a model run may use; 0 means one for each core.</param>
/// <param name="drawSeed">A random number from 0 to the one given, both included: the seed of a job that names none.</param>
/// <param name="memory">Bytes of main memory that the worker may use.</param>
internal sealed class OnnxDiffusionEngine(string modelId, int threads, Func<long, long> drawSeed, long memory) : IEngine
{
    // Models exported for one size take the second only.
    private static readonly JsonElement[] s_smallest =
    [
        JsonElement.Parse("""{"prompt":"warm","num_inference_steps":1,"width":64,"height":64}"""),
        JsonElement.Parse("""{"prompt":"warm","num_inference_steps":1}"""),
    ];

    private DiffusionModel? _model;

    public FileSelection Files { get; } = new OnnxFiles();

    public async ValueTask LoadAsync(string? modelFolder, Action<EngineProgress> progress, CancellationToken ct) =>
        _model = await Task.Run(() => DiffusionModel.Load(modelFolder!, threads, progress, ct), ct);

    public async ValueTask<EngineResult> RunAsync(EngineJob job, JobEvents events, CancellationToken ct)
    {
        var model = _model ?? throw new InvalidOperationException("The model is not loaded.");
        var wanted = InputReader.Read(job.Input, model.Traits, drawSeed, out var fault);
        if (wanted is null) return new EngineResult.Refused(EngineFault.InvalidInput, fault!);
        var (scale, attention) = (model.Traits.PixelsPerLatent, model.Traits.Attention);
        if (attention.Bytes(new LatentShape(0, wanted.Height / scale, wanted.Width / scale)) is var needed && needed > memory)
        {
            return new EngineResult.Refused(
                EngineFault.OutOfMemory,
                $"A picture of {wanted.Width} × {wanted.Height} takes {ByteText.Of(needed)} for the model's attention alone, and the worker has {ByteText.Of(memory)}. Ask for fewer pixels, or choose a larger machine.");
        }

        var pictures = await Task.Run(() => Paint(model, wanted, events.Progress, ct), ct);
        return new EngineResult.Made(
            [.. pictures.Select((png, i) => new OutputFile("image/png", png, wanted.Seed + i))], json => WriteFacts(json, wanted));
    }

    /// <summary>The smallest picture in one step: it brings up the native threads and arenas that the first job would wait for.</summary>
    public async ValueTask WarmUpAsync(CancellationToken ct)
    {
        var model = _model ?? throw new InvalidOperationException("The model is not loaded.");
        var smallest = s_smallest.Select(input => InputReader.Read(input, model.Traits, static _ => 0, out _)).FirstOrDefault(static read => read is not null);
        if (smallest is not null) await Task.Run(() => Paint(model, smallest, static _ => { }, ct), ct);
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

    private void WriteFacts(Utf8JsonWriter json, TextToImageInput input)
    {
        json.WriteString("model_id", modelId);
        json.WriteNumber("seed", input.Seed);
        json.WriteNumber("width", input.Width);
        json.WriteNumber("height", input.Height);
        json.WriteNumber("num_inference_steps", input.Steps);
        json.WriteNumber("guidance_scale", input.GuidanceScale);
        json.WriteString("scheduler", input.Scheduler.Word());
    }
}
