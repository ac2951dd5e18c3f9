namespace Rouse.Worker.ModelFiles;

/// <summary>What kind of file it is decides its folder on the volume.</summary>
internal enum ModelFileKind
{
    Checkpoint,
    Lora,
    Embedding,
}

/// <summary>A single model file, by URL, as a job or the worker's environment names it.</summary>
/// <param name="Name">A file name as the caller gave it: not yet checked.</param>
/// <param name="Url">As the caller gave it: not yet checked.</param>
/// <param name="Sha256">What its content must have, 64 hexadecimal digits; null where nobody told.</param>
internal sealed record WantedFile(ModelFileKind Kind, string Name, string Url, string? Sha256);

/// <summary>A model file that lies complete in its final place.</summary>
/// <param name="Name">The file's name in its folder, with its extension.</param>
/// <param name="Path">Where it lies.</param>
/// <param name="WasFetched">It was not there before: a server that listed its files earlier does not know it.</param>
internal sealed record InstalledFile(ModelFileKind Kind, string Name, string Path, bool WasFetched);

/// <summary>A file that was not installed because of what was asked for (a bad name, a forbidden address, a wrong check sum) or of the world (a full disk).</summary>
internal sealed class ModelFileException(string code, string message) : Exception(message)
{
    /// <summary>A stable word; the message names the file, what is wrong and what to do next.</summary>
    public string Code { get; } = code;
}
