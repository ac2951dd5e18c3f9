namespace Rouse.Worker.Weights;

/// <summary>
/// What diffusers and transformers load of a repository: descriptions, vocabularies, and one variant of the weights. Chosen before anything is fetched,
/// so that a repository of many formats costs one of them.
/// </summary>
/// <param name="isPipeline">True for a diffusers pipeline with its components in folders; false for a single transformers model at the root.</param>
/// <param name="keepsSafetyChecker">False leaves that component out.</param>
internal sealed class SafetensorsFiles(bool isPipeline, bool keepsSafetyChecker) : FileSelection
{
    public const string PipelineFile = "model_index.json";
    public const string ModelFile = "config.json";
    public const string SafetyChecker = "safety_checker";

    private static readonly string[] Descriptions = [".json", ".txt", ".model", ".spm", ".jinja", ".tiktoken"];

    /// <summary>Other formats of the same weights; <c>vae_1_0</c> is an older decoder that SDXL's repository keeps beside its own.</summary>
    private static readonly string[] UnusedFolders = ["onnx", "openvino", "flax", "coreml", "vae_1_0"];

    public override string Name => (isPipeline, keepsSafetyChecker) switch
    {
        (false, _) => "transformers",
        (true, true) => "diffusers",
        (true, false) => "diffusers-unchecked",
    };

    public override IReadOnlyList<HubFile> Select(HubListing listing)
    {
        var index = isPipeline ? PipelineFile : ModelFile;
        if (!listing.Files.Any(file => file.Path == index))
        {
            throw Unusable(listing, isPipeline
                ? $"has no {PipelineFile}, so it is no diffusers pipeline. Choose a repository in the layout of diffusers"
                : $"has no {ModelFile} at its root, so transformers cannot load it. Choose a speech model in the layout of transformers");
        }

        var layout = new SafetensorsLayout(listing.Files.Select(static file => file.Path), IsComponent);
        RefusePickles(listing, layout);
        var weights = layout.Preferred().Select(static name => name.Path).ToHashSet(StringComparer.Ordinal);
        return [.. listing.Files.Where(file => weights.Contains(file.Path) || IsDescription(file.Path))];
    }

    private bool IsComponent(string folder) =>
        isPipeline ? folder.Length > 0 && !IsUnused(folder) : folder.Length == 0;

    private bool IsUnused(string folder) =>
        UnusedFolders.Contains(folder, StringComparer.OrdinalIgnoreCase) || (!keepsSafetyChecker && folder == SafetyChecker);

    private bool IsDescription(string path)
    {
        var parts = path.Split('/');
        var isInPlace = parts.Length == 1 || (parts.Length == 2 && IsComponent(parts[0]));
        // The lists of shards were chosen with their shards.
        return isInPlace && !parts[^1].StartsWith('.') && EndsWithAny(parts[^1], Descriptions) && !path.Contains(".index.", StringComparison.Ordinal);
    }

    private void RefusePickles(HubListing listing, SafetensorsLayout layout)
    {
        var pickled = listing.Files.Select(static file => file.Path).Where(IsPickle)
            .Select(static path => (Path: path, Folder: path.LastIndexOf('/') is >= 0 and var slash ? path[..slash] : ""))
            .Where(file => IsComponent(file.Folder) && Path.GetFileName(file.Path).Contains("pytorch_model", StringComparison.Ordinal) && !layout.Components.Contains(file.Folder))
            .Select(static file => file.Path).Take(3).ToList();
        if (pickled.Count > 0)
        {
            throw Unusable(
                listing, $"has only pickle weights for some of its parts ({string.Join(", ", pickled)}), which run code when loaded and are never fetched. "
                + "Choose a repository or revision with safetensors" + (pickled.Exists(static path => path.StartsWith(SafetyChecker, StringComparison.Ordinal))
                    ? $", or leave the safety checker out ({Contracts.Workers.DiffusersVariables.SafetyChecker}=0)"
                    : ""));
        }

        if (layout.Components.Count == 0)
            throw Unusable(listing, "holds no complete safetensors weights that diffusers or transformers would open. Choose a repository or revision with them");
    }

    private static WeightsException Unusable(HubListing listing, string what) => new(FaultCodes.ModelUnusable, $"{listing.Model.Id} {what}.");
}
