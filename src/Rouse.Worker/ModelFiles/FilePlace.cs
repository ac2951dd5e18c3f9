namespace Rouse.Worker.ModelFiles;

/// <param name="Path">Where the whole file lies.</param>
/// <param name="Beside">Where its record, locks and unfinished download lie, less their endings.</param>
internal sealed record FilePlace(ModelFileKind Kind, string Name, string Path, string Beside)
{
    /// <summary>Held while the file is fetched, looked at or removed.</summary>
    public string Lock => Beside + ".lock";

    /// <summary>Held, shared, while a worker may use the file.</summary>
    public string Lease => Beside + ".lease";

    public string Record => Beside + LibraryFolder.RecordSuffix;

    public string Part(string key) => $"{Beside}.part.{key}";
}
