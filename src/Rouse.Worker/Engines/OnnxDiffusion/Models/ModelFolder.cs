namespace Rouse.Worker.Engines.OnnxDiffusion.Models;

/// <summary>
/// Tells by its files whether a folder is a repository this engine runs: the layout Optimum exports for Stable Diffusion 1 and 2 and their
/// distillations. Whatever else it is, is named, with what to do about it.
/// </summary>
internal static class ModelFolder
{
    private const int MaxFilesLooked = 10_000; // a repository has tens of files; more means that the path is some other folder
    private const int MaxDepth = 3;
    private const string ExportAdvice =
        "Export it to ONNX (optimum-cli export onnx --model <id> --task text-to-image <folder>) or deploy a repository that has the ONNX files.";

    private const string OtherModelAdvice = "Deploy an ONNX export of Stable Diffusion 1 or 2, or of a latent consistency model.";
    private static readonly string[] Parts =
    [
        "model_index.json", "tokenizer/vocab.json", "tokenizer/merges.txt", "text_encoder/model.onnx", "unet/model.onnx", "unet/config.json",
        "vae_decoder/model.onnx", "vae_decoder/config.json", "scheduler/scheduler_config.json",
    ];

    /// <summary>Python pickles run code when opened, so they are never opened, whatever they hold.</summary>
    private static readonly string[] PickleExtensions = [".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle"];

    /// <exception cref="EngineException"><see cref="EngineFault.ModelUnusable"/>.</exception>
    public static void Check(string folder)
    {
        if (!Directory.Exists(folder))
            throw EngineException.Unusable($"The model folder {folder} does not exist.", "Give the folder of a downloaded repository.");
        if (Has(folder, "model_index.json")) RefuseOtherPipelines(folder, ConfigFile.Read(folder, "model_index.json"));
        if (Array.Find(Parts, part => !Has(folder, part)) is { } missing)
            throw EngineException.Unusable($"{missing} is missing{Instead(folder)}.", ExportAdvice);
    }

    private static void RefuseOtherPipelines(string folder, ConfigFile index)
    {
        var name = index.Text("_class_name", "");
        if (name.Contains("XL", StringComparison.Ordinal) || index.Find("text_encoder_2") is not null)
            throw EngineException.Unusable($"{name} has two text encoders (Stable Diffusion XL); this engine runs models with one.", OtherModelAdvice);
        var isOurs = name.Contains("StableDiffusion", StringComparison.Ordinal) || name.Contains("LatentConsistency", StringComparison.Ordinal);
        if (!isOurs || new[] { "transformer", "prior", "controlnet" }.Any(part => index.Find(part) is not null))
            throw EngineException.Unusable($"The pipeline '{name}' is not one this engine runs.", OtherModelAdvice);
    }

    /// <summary>
    /// What stands in for the missing part. Pickles and other formats beside complete ONNX parts do no harm, because nothing opens them; so
    /// this is asked only where a part is missing.
    /// </summary>
    private static string Instead(string folder)
    {
        var everything = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = MaxDepth, AttributesToSkip = FileAttributes.None };
        var files = Directory.EnumerateFiles(folder, "*", everything)
            .Take(MaxFilesLooked).Select(file => Path.GetRelativePath(folder, file)).Order(StringComparer.Ordinal).ToArray();
        string? Find(params string[] extensions) =>
            Array.Find(files, file => extensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase));
        return Find(PickleExtensions) is { } pickle
                ? $", and {pickle} is a Python pickle: it can run its author's code when opened, so Rouse never opens one"
            : Find(".safetensors") is { } weights ? $"; the repository has PyTorch weights ({weights})"
            : Find(".gguf") is { } gguf ? $"; {gguf} is a GGUF file, which this engine does not run"
            : "";
    }

    private static bool Has(string folder, string name) => File.Exists(Path.Combine(folder, name));
}
