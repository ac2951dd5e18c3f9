namespace Rouse.Core.Models;

/// <summary>What is known of a model before anything is fetched or paid for: what its repository lists at one commit, nothing of it guessed.</summary>
public sealed record ModelFacts
{
    public required ModelRef Model { get; init; }

    /// <summary>What the revision pointed to when it was looked at: 40 hex digits.</summary>
    public required string Commit { get; init; }

    /// <summary>Weights of any format, and <c>model_index.json</c>. The rest is small and tells nothing.</summary>
    public required IReadOnlyList<ModelFile> Files { get; init; }

    /// <summary>Of the whole repository, bytes.</summary>
    public required long TotalBytes { get; init; }

    /// <summary>Terms must be accepted before files are served.</summary>
    public bool IsGated { get; init; }

    /// <summary>The hub's word for what the model does, such as <c>text-to-image</c>; null when it says none.</summary>
    public string? PipelineTag { get; init; }

    /// <summary>The class that <c>model_index.json</c> names; null without that file.</summary>
    public string? Pipeline { get; init; }

    /// <summary>The folders that the pipeline is made of, by <c>model_index.json</c>; empty without that file.</summary>
    public IReadOnlyList<string> Components { get; init; } = [];

    /// <summary>The files that a worker would load; none when it could load none.</summary>
    public IReadOnlyList<ModelFile> Weights { get; init; } = [];

    /// <summary>Parameters in <see cref="Weights"/> by the type they are stored in, in safetensors' words (<c>F32</c>, <c>BF16</c>); empty when not known.</summary>
    public IReadOnlyDictionary<string, long> Parameters { get; init; } = new Dictionary<string, long>(StringComparer.Ordinal);

    /// <summary>Of <see cref="Weights"/>, bytes on disk.</summary>
    public long WeightBytes => Weights.Sum(file => file.Bytes);

    public bool Has(WeightFormat format) => Files.Any(file => file.Format == format);
}

/// <param name="Path">Inside the repository, with <c>/</c>.</param>
public sealed record ModelFile(string Path, long Bytes)
{
    private static readonly string[] s_pickles = [".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle"];

    /// <summary>Null for what is no weights file.</summary>
    public WeightFormat? Format { get; } = FormatOf(Path);

    /// <summary>The first folder of the path; empty at the root.</summary>
    public string Folder => Path.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash ? Path[..slash] : "";

    public string Name => Path[(Path.LastIndexOf('/') + 1)..];

    private static WeightFormat? FormatOf(string path)
    {
        if (Ends(".safetensors")) return WeightFormat.Safetensors;
        if (Ends(".onnx") || Ends(".onnx_data") || Ends(".onnx.data")) return WeightFormat.Onnx;
        if (Ends(".gguf")) return WeightFormat.Gguf;
        // OpenVINO's weights end as pickles do and are none.
        var isPickle = Array.Exists(s_pickles, Ends) && !path.Contains("openvino", StringComparison.OrdinalIgnoreCase);
        return isPickle ? WeightFormat.Pickle : null;
        bool Ends(string suffix) => path.EndsWith(suffix, StringComparison.OrdinalIgnoreCase);
    }
}
