using Rouse.Worker.Weights;

namespace Rouse.Worker.ModelFiles;

/// <summary>
/// Where things lie: <c>checkpoints/</c>, <c>loras/</c> and <c>embeddings/</c> hold whole files only, as model servers expect; <c>.rouse/</c> beside them
/// holds the records, locks and unfinished downloads.
/// </summary>
internal sealed class LibraryFolder(string root)
{
    public const string RecordSuffix = ".json";

    private readonly string _root = Path.GetFullPath(root);

    public string Root => _root;

    public string CleanUpLock => Path.Combine(_root, ".rouse", "clean-up.lock");

    public static string Word(ModelFileKind kind) => kind switch
    {
        ModelFileKind.Checkpoint => "checkpoints",
        ModelFileKind.Lora => "loras",
        _ => "embeddings",
    };

    public void Create()
    {
        foreach (var kind in Enum.GetValues<ModelFileKind>())
        {
            Directory.CreateDirectory(Path.Combine(_root, Word(kind)));
            Directory.CreateDirectory(Path.Combine(_root, ".rouse", Word(kind)));
        }
    }

    public FilePlace Place(ModelFileKind kind, ModelFileName name) => Place(kind, name.Text);

    /// <summary>Of every file that a worker has fetched, and of every unfinished one.</summary>
    public IEnumerable<FilePlace> Places() =>
        from kind in Enum.GetValues<ModelFileKind>()
        let folder = new DirectoryInfo(Path.Combine(_root, ".rouse", Word(kind)))
        where folder.Exists
        from record in folder.EnumerateFiles("*" + RecordSuffix)
        where File.Exists(Path.Combine(_root, Word(kind), record.Name[..^RecordSuffix.Length]))
        select Place(kind, record.Name[..^RecordSuffix.Length]);

    /// <summary>Unfinished downloads and their journals.</summary>
    public IEnumerable<(FilePlace Place, FileInfo File)> Unfinished() =>
        from kind in Enum.GetValues<ModelFileKind>()
        let folder = new DirectoryInfo(Path.Combine(_root, ".rouse", Word(kind)))
        where folder.Exists
        from part in folder.EnumerateFiles("*.part.*")
        where PartialFile.IsPart(part.Name)
        select (Place(kind, part.Name[..part.Name.LastIndexOf(".part.", StringComparison.Ordinal)]), part);

    /// <summary>Everything in the folders of models, whoever put it there.</summary>
    public IEnumerable<FileInfo> Files(ModelFileKind kind) =>
        new DirectoryInfo(Path.Combine(_root, Word(kind))) is { Exists: true } folder ? folder.EnumerateFiles() : [];

    private FilePlace Place(ModelFileKind kind, string name)
    {
        var beside = Path.Combine(_root, ".rouse", Word(kind), name);
        return new FilePlace(kind, name, Path.Combine(_root, Word(kind), name), beside);
    }
}
