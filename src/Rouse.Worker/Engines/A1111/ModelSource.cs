using Rouse.Worker.ModelFiles;

namespace Rouse.Worker.Engines.A1111;

/// <summary>Where a job's model files come from.</summary>
/// <param name="Obtain">Brings a file by URL and tells how many of its bytes are here; throws <see cref="ModelFileException"/>.</param>
/// <param name="Held">What is held now.</param>
/// <param name="CleanUp">Removes what has not been used for long.</param>
/// <param name="Checkpoints">The folder that the WebUI has its checkpoints in.</param>
internal sealed record ModelSource(
    Func<WantedFile, Action<long, long?>, CancellationToken, Task<InstalledFile>> Obtain, Func<CacheInfo> Held, Func<CancellationToken, Task> CleanUp,
    string Checkpoints)
{
    public static ModelSource Of(ModelLibrary library) => new(
        library.ObtainAsync,
        () => library.Totals() is var held ? new CacheInfo(held.Checkpoints, held.Loras, held.Bytes) : default,
        library.CleanUpAsync,
        library.FolderOf(ModelFileKind.Checkpoint));
}
