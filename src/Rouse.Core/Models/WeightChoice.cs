using System.Text.RegularExpressions;

namespace Rouse.Core.Models;

/// <summary>Which files of a repository a worker loads: of each component one format and one precision. Pure.</summary>
public static partial class WeightChoice
{
    /// <summary>The names that diffusers and transformers look for in a component's folder.</summary>
    private static readonly string[] s_known = ["diffusion_pytorch_model", "model"];

    /// <summary>Half precision where the repository has it, as <c>from_pretrained(variant="fp16")</c> takes it; else the files without a variant.</summary>
    private static readonly string[] s_variants = ["fp16", "bf16", ""];

    /// <param name="components">The pipeline's folders; empty for a model that lies at the root.</param>
    /// <returns>None when the repository has nothing in this format.</returns>
    /// <param name="unused">Folders that the worker never loads.</param>
    public static IReadOnlyList<ModelFile> Choose(
        IReadOnlyList<ModelFile> files, IReadOnlyList<string> components, WeightFormat format, IReadOnlySet<string> unused)
    {
        var inFormat = files.Where(file => file.Format == format && !unused.Contains(file.Folder)).ToList();
        // An export splits what the pipeline lists as one, so its own folders are the components.
        if (format == WeightFormat.Onnx) return [.. inFormat.Where(file => file.Folder.Length > 0).GroupBy(file => file.Folder, StringComparer.Ordinal).SelectMany(Graph)];
        var folders = components.Count > 0 ? components.Distinct(StringComparer.Ordinal) : [""];
        return [.. folders.SelectMany(folder => OneOf([.. inFormat.Where(file => IsDirectlyIn(file, folder))]))];
    }

    /// <summary>An export may lie there in several precisions; an engine opens <c>model.onnx</c>, and the data beside it.</summary>
    private static IEnumerable<ModelFile> Graph(IGrouping<string, ModelFile> folder)
    {
        var named = folder.Where(file => file.Name.StartsWith("model.onnx", StringComparison.Ordinal)).ToList();
        return named.Exists(file => file.Name == "model.onnx") ? named : folder;
    }

    private static IEnumerable<ModelFile> OneOf(IReadOnlyList<ModelFile> files)
    {
        if (files.Count == 0) return [];
        var models = files.GroupBy(file => Split(file).Base, StringComparer.Ordinal).ToList();
        var model = models.Find(group => s_known.Contains(group.Key, StringComparer.Ordinal)) ?? models.MaxBy(group => group.Sum(file => file.Bytes))!;
        var byVariant = model.GroupBy(file => Split(file).Variant, StringComparer.Ordinal).ToDictionary(group => group.Key, StringComparer.Ordinal);
        var variant = Array.Find(s_variants, byVariant.ContainsKey) ?? byVariant.Keys.Order(StringComparer.Ordinal).First();
        return byVariant[variant];
    }

    /// <summary><c>model.fp16-00001-of-00002.safetensors</c> is part of the model <c>model</c> in the variant <c>fp16</c>.</summary>
    private static (string Base, string Variant) Split(ModelFile file)
    {
        var name = Shard().Replace(file.Name[..file.Name.LastIndexOf('.')], "");
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        return dot < 0 ? (name, "") : (name[..dot], name[(dot + 1)..]);
    }

    private static bool IsDirectlyIn(ModelFile file, string folder) =>
        file.Folder == folder && file.Path.Length == file.Name.Length + (folder.Length == 0 ? 0 : folder.Length + 1);

    [GeneratedRegex(@"-\d{5}-of-\d{5}", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Shard();
}
