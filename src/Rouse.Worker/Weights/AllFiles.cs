namespace Rouse.Worker.Weights;

/// <summary>A whole repository, for a server that looks for what it wants itself; without what runs code when loaded, unless that is allowed.</summary>
internal sealed class AllFiles(bool allowsCode) : FileSelection
{
    private static readonly string[] s_code = [".py", ".pyc", ".pyd", ".so", ".dll", ".sh"];

    private static readonly string[] s_weights = [".safetensors", ".gguf", ".onnx", ".npz"];

    public override string Name => allowsCode ? "all-and-code" : "all";

    public override IReadOnlyList<HubFile> Select(HubListing listing)
    {
        var selected = listing.Files.Where(file => !IsHidden(file.Path) && (allowsCode || !(IsPickle(file.Path) || EndsWithAny(file.Path, s_code)))).ToList();
        var left = listing.Files.Where(static file => IsPickle(file.Path)).Select(static file => file.Path).Take(3).ToList();
        if (!allowsCode && left.Count > 0 && !selected.Exists(static file => EndsWithAny(file.Path, s_weights)))
        {
            throw new WeightsException(
                FaultCodes.ModelUnusable,
                $"{listing.Model.Id} has only pickle weights ({string.Join(", ", left)}), which run code when loaded and are not fetched. Choose a repository with safetensors or GGUF, "
                + $"or set {Contracts.Workers.ProcessVariables.AllowCode}=1 if you trust it.");
        }

        return selected.Count > 0 ? selected : throw new WeightsException(FaultCodes.ModelUnusable, $"{listing.Model.Id} holds no files. Choose another repository.");
    }

    private static bool IsHidden(string path) => path.Split('/').Any(static part => part.StartsWith('.'));
}
