namespace Rouse.Worker.Weights;

/// <summary>The one checkpoint at a repository's root, as the WebUI loads it: a whole model in one safetensors file.</summary>
internal sealed class CheckpointFiles : FileSelection
{
    public override IReadOnlyList<HubFile> Select(HubListing listing)
    {
        var found = listing.Files.Where(static file => !file.Path.Contains('/', StringComparison.Ordinal) && Has(file, ".safetensors")).ToList();
        return found.Count == 1
            ? found
            : throw new WeightsException(FaultCodes.ModelUnusable, $"{listing.Model.Id} has {found.Count} checkpoints (.safetensors) at its root, and the WebUI is to have one. Choose a repository with just one.");
    }

    /// <summary>The same of a folder.</summary>
    /// <exception cref="WeightsException">There is none, or more than one.</exception>
    public static string Find(string folder)
    {
        var found = Directory.GetFiles(folder, "*.safetensors");
        return found is [var only]
            ? only
            : throw new WeightsException(FaultCodes.ModelUnusable, $"{folder} holds {found.Length} checkpoints (.safetensors), and the WebUI is to have one. Give a folder with just one.");
    }
}
