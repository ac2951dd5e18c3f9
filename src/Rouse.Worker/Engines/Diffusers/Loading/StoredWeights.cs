using Rouse.Worker.Weights;

namespace Rouse.Worker.Engines.Diffusers.Loading;

/// <summary>The weights that lie in a model folder.</summary>
/// <param name="Variants">Complete for every component, the preferred first; empty where components differ in theirs.</param>
/// <param name="Parameters">Numbers in all.</param>
/// <param name="LargestComponent">Numbers of the largest one.</param>
/// <param name="NeedsWideRange">Trained in bfloat16, whose range float16 does not have.</param>
internal sealed record StoredWeights(IReadOnlyList<string> Variants, long Parameters, long LargestComponent, bool NeedsWideRange)
{
    /// <summary>Starts of pipelines whose models were trained in bfloat16, whatever their files hold.</summary>
    private static readonly string[] s_wide = ["Flux", "Wan", "LTX", "HunyuanVideo", "Mochi", "QwenImage", "Sana", "Chroma", "CogView4", "Lumina2", "HiDream"];

    public static StoredWeights Survey(ModelDescription model)
    {
        var layout = new SafetensorsLayout(
            Directory.EnumerateFiles(model.Folder, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(model.Folder, path).Replace('\\', '/')),
            model.Components.Contains);
        var missing = model.Weighty.FirstOrDefault(component => !layout.Components.Contains(component));
        if (missing is not null || layout.Components.Count == 0)
        {
            throw EngineException.Unusable(
                $"There are no complete safetensors weights {(missing is { Length: > 0 } ? $"in {missing}" : "in the model folder")}.",
                "Choose a repository with safetensors; pickles are never loaded.");
        }

        var variant = layout.Variants is [var first, ..] ? first : SafetensorsLayout.Half;
        var types = new Dictionary<string, long>(StringComparer.Ordinal);
        var (all, largest) = (0L, 0L);
        foreach (var part in layout.Parts(variant))
        {
            var size = 0L;
            foreach (var file in part.Where(static file => file.Shard > 0))
            {
                foreach (var (type, count) in TensorCounts.Read(Path.Combine(model.Folder, file.Path)))
                {
                    types[type] = types.GetValueOrDefault(type) + count;
                    size += count;
                }
            }

            all += size;
            largest = Math.Max(largest, size);
        }

        var isWide = types.GetValueOrDefault("BF16") * 2 > all || Array.Exists(s_wide, start => model.Class.StartsWith(start, StringComparison.Ordinal));
        return new StoredWeights(layout.Variants, all, largest, isWide);
    }
}
