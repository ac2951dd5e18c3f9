using System.Text.Json;
using Rouse.Worker.Weights;

namespace Rouse.Worker.Engines.Diffusers.Loading;

/// <summary>What a model folder says of itself: a diffusers pipeline by <c>model_index.json</c>, a transformers model by <c>config.json</c>.</summary>
/// <param name="Folder">Where it lies.</param>
/// <param name="Class">The pipeline's, or the first architecture; for messages and to know its kind.</param>
/// <param name="Components">Folders of its parts; the empty name for a model at the root.</param>
/// <param name="Weighty">Those of the components that cannot be without weights.</param>
/// <param name="IsDistilled">Made for a few steps without guidance, by what its scheduler says.</param>
internal sealed record ModelDescription(string Folder, string Class, IReadOnlySet<string> Components, IReadOnlyList<string> Weighty, bool IsDistilled)
{
    /// <summary>Parts that every pipeline with them has weights for.</summary>
    private static readonly string[] s_weighty = ["unet", "transformer", "vae", "text_encoder", "text_encoder_2", "prior"];

    public static ModelDescription Read(string folder, DiffusersTask task, bool keepsSafetyChecker)
    {
        if (task.IsSpeech())
        {
            using var config = Open(folder, SafetensorsFiles.ModelFile, task);
            var architecture = config.RootElement.TryGetProperty("architectures", out var names) && names is { ValueKind: JsonValueKind.Array } && names.GetArrayLength() > 0
                ? names[0].GetString() : null;
            return new ModelDescription(folder, architecture ?? "", new HashSet<string>(StringComparer.Ordinal) { "" }, [""], IsDistilled: false);
        }

        using var index = Open(folder, SafetensorsFiles.PipelineFile, task);
        if (!index.RootElement.TryGetProperty("_class_name", out var name) || name.ValueKind != JsonValueKind.String)
            throw EngineException.Unusable($"{SafetensorsFiles.PipelineFile} names no pipeline of diffusers.", "Code of a repository is never run: choose one whose pipeline diffusers has.");
        var components = new HashSet<string>(StringComparer.Ordinal);
        foreach (var part in index.RootElement.EnumerateObject().Where(static part => IsPart(part.Value)))
        {
            if (!keepsSafetyChecker && part.Name == SafetensorsFiles.SafetyChecker) continue;
            var library = part.Value[0].GetString()!;
            if (File.Exists(Path.Combine(folder, part.Name, library + ".py")) || File.Exists(Path.Combine(folder, library + ".py")))
                throw EngineException.Unusable($"Its {part.Name} is made by code of the repository ({library}.py).", "Such code is never run: choose another repository.");
            components.Add(part.Name);
        }

        return new ModelDescription(folder, name.GetString()!, components, [.. s_weighty.Where(components.Contains)], ReadDistilled(folder, name.GetString()!));
    }

    /// <summary>Components that the repository has and that are to be left out.</summary>
    public IReadOnlyList<string> Without(bool keepsSafetyChecker)
    {
        if (keepsSafetyChecker || !File.Exists(Path.Combine(Folder, SafetensorsFiles.PipelineFile))) return [];
        using var index = Open(Folder, SafetensorsFiles.PipelineFile, DiffusersTask.TextToImage);
        return index.RootElement.TryGetProperty(SafetensorsFiles.SafetyChecker, out var part) && IsPart(part) ? [SafetensorsFiles.SafetyChecker] : [];
    }

    /// <summary>A pair of library and class; a component that may be absent is a pair of nulls.</summary>
    private static bool IsPart(JsonElement value) =>
        value is { ValueKind: JsonValueKind.Array } && value.GetArrayLength() == 2 && value[0].ValueKind == JsonValueKind.String && value[1].ValueKind == JsonValueKind.String;

    private static bool ReadDistilled(string folder, string pipeline)
    {
        var path = Path.Combine(folder, "scheduler", "scheduler_config.json");
        if (!File.Exists(path)) return false;
        using var config = Parse(path);
        return (Text("_class_name"), pipeline.StartsWith("Flux", StringComparison.Ordinal)) switch
        {
            ("LCMScheduler", _) => true,
            ("FlowMatchEulerDiscreteScheduler", true) => !Is("use_dynamic_shifting"),
            ("EulerDiscreteScheduler" or "EulerAncestralDiscreteScheduler", false) =>
                Text("timestep_spacing") == "trailing" && Text("prediction_type") == "epsilon" && !Is("rescale_betas_zero_snr"),
            _ => false,
        };

        string? Text(string name) => config.RootElement.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        bool Is(string name) => config.RootElement.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;
    }

    private static JsonDocument Open(string folder, string name, DiffusersTask task)
    {
        var path = Path.Combine(folder, name);
        return File.Exists(path)
            ? Parse(path)
            : throw EngineException.Unusable($"The model folder has no {name}.", $"For the task {task.Word()} choose a repository in the layout of {(task.IsSpeech() ? "transformers" : "diffusers")}.");
    }

    private static JsonDocument Parse(string path)
    {
        try
        {
            var document = JsonDocument.Parse(File.ReadAllBytes(path));
            if (document.RootElement.ValueKind == JsonValueKind.Object) return document;
            document.Dispose();
            throw Broken();
        }
        catch (JsonException fault)
        {
            throw Broken(fault);
        }

        EngineException Broken(Exception? inner = null) =>
            EngineException.Unusable($"{Path.GetFileName(path)} is no JSON object.", "Fetch the repository again, or choose another revision.", inner);
    }
}
