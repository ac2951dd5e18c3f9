namespace Rouse.Worker.Weights;

/// <summary>Which files of a repository the ONNX engine needs. Whatever could run code when read is never fetched.</summary>
internal static class FileSelection
{
    private static readonly string[] Wanted = [".json", ".txt", ".model", ".onnx", ".onnx_data", ".onnx.data", ".pb"];

    /// <summary>Python pickles: loading one runs the code in it.</summary>
    private static readonly string[] Pickles = [".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle"];

    /// <summary>Parts of a pipeline that text-to-image does not run.</summary>
    private static readonly string[] UnusedFolders = ["safety_checker", "feature_extractor", "vae_encoder"];

    /// <exception cref="WeightsException">Nothing the engine could run.</exception>
    public static IReadOnlyList<HubFile> Select(HubListing listing)
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

    public static bool IsPickle(string path) => EndsWithAny(path, Pickles);

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

    private static bool Has(HubFile file, string suffix) => file.Path.EndsWith(suffix, StringComparison.OrdinalIgnoreCase);

    private static bool EndsWithAny(string path, string[] suffixes) =>
        Array.Exists(suffixes, suffix => path.EndsWith(suffix, StringComparison.OrdinalIgnoreCase));
}
