namespace Rouse.Worker.Weights;

/// <summary>What the ONNX engine loads of an export.</summary>
internal sealed class OnnxFiles : FileSelection
{
    private static readonly string[] Wanted = [".json", ".txt", ".model", ".onnx", ".onnx_data", ".onnx.data", ".pb"];

    /// <summary>Parts of a pipeline that text-to-image does not run.</summary>
    private static readonly string[] UnusedFolders = ["safety_checker", "feature_extractor", "vae_encoder"];

    public override string Name => "onnx";

    public override IReadOnlyList<HubFile> Select(HubListing listing)
    {
        var selected = listing.Files.Where(file => IsWanted(file, listing)).ToList();
        if (selected.Exists(static file => Has(file, ".onnx"))) return selected;
        var pickles = listing.Files.Where(static file => IsPickle(file.Path)).Select(static file => file.Path).Take(3).ToList();
        var safetensors = listing.Files.Any(static file => Has(file, ".safetensors"));
        throw new WeightsException(FaultCodes.ModelUnusable, (pickles.Count > 0, safetensors) switch
        {
            (true, false) => $"{listing.Model.Id} has only pickle weights ({string.Join(", ", pickles)}), which run code when loaded and are never "
                + "fetched. Choose a repository with ONNX weights, or export it with Optimum.",
            (_, true) => $"{listing.Model.Id} has safetensors but no ONNX weights. Choose an ONNX export of it, or make one with Optimum.",
            _ => $"{listing.Model.Id} holds no weights that the engine can run. Choose a text-to-image repository with ONNX weights.",
        });
    }

    private static bool IsWanted(HubFile file, HubListing listing)
    {
        var slash = file.Path.LastIndexOf('/');
        var (folder, name) = (file.Path[..(slash + 1)], file.Path[(slash + 1)..]);
        if (name.StartsWith('.') || !EndsWithAny(name, Wanted)) return false;
        if (UnusedFolders.Contains(file.Path.Split('/')[0], StringComparer.Ordinal)) return false;
        // One folder may hold the same part in several precisions; the engine opens model.onnx.
        var variant = name.IndexOf(".onnx", StringComparison.Ordinal);
        var isOther = variant >= 0 && !name.StartsWith("model.onnx", StringComparison.Ordinal);
        return !isOther || !listing.Files.Any(other => other.Path == folder + "model.onnx");
    }
}
