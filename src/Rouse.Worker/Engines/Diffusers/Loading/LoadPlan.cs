using System.Globalization;
using Rouse.Worker.Weights;

namespace Rouse.Worker.Engines.Diffusers.Loading;

/// <summary>How a model is loaded.</summary>
/// <param name="Device"><c>cuda</c> or <c>cpu</c>.</param>
/// <param name="Variant">As <c>from_pretrained</c> takes it; empty for none.</param>
/// <param name="Why">For the log.</param>
internal sealed record LoadPlan(string Device, Dtype Dtype, string Variant, Offload Offload, string Why)
{
    public const string Cuda = "cuda";
    public const string Cpu = "cpu";

    public static LoadPlan Decide(StoredWeights weights, Machine machine, LoadWishes wishes, DiffusersTask task)
    {
        if (machine.Gpu is not { } gpu)
        {
            // Few processors compute with 16 bits, and torch lacks some of its kernels for them.
            var cpu = wishes.Dtype ?? Dtype.Float32;
            return new LoadPlan(Cpu, cpu, VariantFor(cpu, weights), Offload.None, $"on the processor, because {machine.WhyNoGpu}");
        }

        var dtype = wishes.Dtype ?? DtypeFor(weights, gpu);
        var offload = task.IsSpeech() ? Offload.None : wishes.Offload ?? OffloadFor(weights, dtype, gpu, task == DiffusersTask.TextToVideo);
        var why = string.Create(
            CultureInfo.InvariantCulture,
            $"on {gpu.Name}, which has {Gibibytes(gpu.FreeBytes):0.0} GiB free for {Gibibytes(weights.Parameters * dtype.Size()):0.0} GiB of weights");
        return new LoadPlan(Cuda, dtype, VariantFor(dtype, weights), offload, why);
    }

    /// <summary>The next one that needs less of the GPU; null when there is none.</summary>
    public LoadPlan? Smaller() => (Device, Offload) switch
    {
        (Cuda, Offload.None) => this with { Offload = Offload.Model },
        (Cuda, Offload.Model) => this with { Offload = Offload.Sequential },
        _ => null,
    };

    private static Dtype DtypeFor(StoredWeights weights, Gpu gpu) => (weights.NeedsWideRange, gpu.HasBfloat16) switch
    {
        (true, true) => Dtype.Bfloat16,
        // Trained in bfloat16, such a model overflows float16 into black pictures.
        (true, false) => Dtype.Float32,
        _ => Dtype.Float16,
    };

    private static Offload OffloadFor(StoredWeights weights, Dtype dtype, Gpu gpu, bool isFilm)
    {
        if (weights.Parameters * dtype.Size() <= gpu.FreeBytes - (isFilm ? RunReserve.Film : RunReserve.Picture)) return Offload.None;
        return weights.LargestComponent * dtype.Size() <= gpu.FreeBytes - (isFilm ? RunReserve.Film : RunReserve.Part) ? Offload.Model : Offload.Sequential;
    }

    /// <summary>Half files are read faster and hold all that a half type can; for anything else the plain ones are better where they are there.</summary>
    private static string VariantFor(Dtype dtype, StoredWeights weights)
    {
        string[] order = dtype switch
        {
            Dtype.Float16 => [SafetensorsLayout.Half, SafetensorsLayout.Plain],
            Dtype.Bfloat16 => ["bf16", SafetensorsLayout.Plain],
            _ => [SafetensorsLayout.Plain],
        };
        return order.FirstOrDefault(weights.Variants.Contains) ?? (weights.Variants is [var first, ..] ? first : SafetensorsLayout.Half);
    }

    private static double Gibibytes(long bytes) => bytes / (double)(1L << 30);
}
