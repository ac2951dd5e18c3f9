namespace Rouse.Worker.Weights;

/// <summary>Which weights a repository or folder has, by component and variant.</summary>
internal sealed class SafetensorsLayout
{
    public const string Plain = "";
    public const string Half = "fp16";

    /// <summary>The first that every component has is taken: half the bytes of the plain ones, and no difference that a picture shows.</summary>
    private static readonly string[] s_preferred = [Half, Plain, "bf16"];

    private readonly Dictionary<string, Dictionary<string, IReadOnlyList<SafetensorsName>>> _components = new(StringComparer.Ordinal);

    /// <param name="paths">Of all files, with <c>/</c>.</param>
    /// <param name="isComponent">Whether what lies in this folder is loaded.</param>
    public SafetensorsLayout(IEnumerable<string> paths, Func<string, bool> isComponent)
    {
        var names = paths.Select(SafetensorsName.Parse).OfType<SafetensorsName>().Where(name => isComponent(name.Component));
        foreach (var component in names.GroupBy(static name => name.Component, StringComparer.Ordinal))
        {
            var complete = component.GroupBy(static name => name.Variant, StringComparer.Ordinal)
                .Select(static variant => (variant.Key, Files: Complete([.. variant])))
                .Where(static variant => variant.Files.Count > 0)
                .ToDictionary(static variant => variant.Key, static variant => variant.Files, StringComparer.Ordinal);
            if (complete.Count > 0) _components[component.Key] = complete;
        }
    }

    public IReadOnlyCollection<string> Components => _components.Keys;

    /// <summary>Variants that are there for every component, the preferred first; empty where components differ.</summary>
    public IReadOnlyList<string> Variants =>
        [.. s_preferred.Where(variant => _components.Count > 0 && _components.Values.All(component => component.ContainsKey(variant)))];

    /// <summary>
    /// What to fetch: one variant for all where there is one. Otherwise the half one where a component has it and what it has elsewhere: the libraries
    /// load each component's own.
    /// </summary>
    public IEnumerable<SafetensorsName> Preferred() => Variants is [var best, ..] ? Of(best) : Of(Half);

    /// <summary>The files of a variant, of each component its first other one where it lacks that.</summary>
    public IEnumerable<SafetensorsName> Of(string variant) => _components.Values.SelectMany(component => OfComponent(component, variant));

    /// <summary>As <see cref="Of"/>, by component.</summary>
    public IEnumerable<IReadOnlyList<SafetensorsName>> Parts(string variant) => _components.Values.Select(component => OfComponent(component, variant));

    private static IReadOnlyList<SafetensorsName> OfComponent(Dictionary<string, IReadOnlyList<SafetensorsName>> component, string variant) =>
        component.TryGetValue(variant, out var files)
            ? files
            : component.OrderBy(static other => Rank(other.Key)).ThenBy(static other => other.Key, StringComparer.Ordinal).First().Value;

    private static int Rank(string variant) => Array.IndexOf(s_preferred, variant) is >= 0 and var rank ? rank : s_preferred.Length;

    /// <summary>The whole file, else all shards and their list; empty where something is missing.</summary>
    private static IReadOnlyList<SafetensorsName> Complete(List<SafetensorsName> files)
    {
        if (files.Find(static file => file is { Shard: 1, Shards: 0 }) is { } whole) return [whole];
        if (files.Find(static file => file.Shard == 0) is not { } list) return [];
        foreach (var set in files.Where(static file => file.Shard > 0).GroupBy(static file => file.Shards))
        {
            if (set.DistinctBy(static file => file.Shard).Count(file => file.Shard <= set.Key) == set.Key) return [list, .. set];
        }

        return [];
    }
}
