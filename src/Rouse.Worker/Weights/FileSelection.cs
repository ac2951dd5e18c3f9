namespace Rouse.Worker.Weights;

/// <summary>Which files of a repository an engine loads; the others are not fetched. Whatever could run code when read never is.</summary>
internal abstract class FileSelection
{
    /// <summary>Python pickles: loading one runs the code in it.</summary>
    private static readonly string[] s_pickles = [".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle"];

    /// <summary>Tells selections apart: a snapshot that is whole for one may lack files of another.</summary>
    public virtual string Name => GetType().Name;

    /// <exception cref="WeightsException">Nothing the engine could run.</exception>
    public abstract IReadOnlyList<HubFile> Select(HubListing listing);

    public static bool IsPickle(string path) => EndsWithAny(path, s_pickles);

    protected static bool Has(HubFile file, string suffix) => file.Path.EndsWith(suffix, StringComparison.OrdinalIgnoreCase);

    protected static bool EndsWithAny(string path, string[] suffixes) =>
        Array.Exists(suffixes, suffix => path.EndsWith(suffix, StringComparison.OrdinalIgnoreCase));
}
