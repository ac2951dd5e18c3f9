using Rouse.Contracts.Workers;
using Rouse.Server.Caching.S3;
using Rouse.Server.Spool;
using Rouse.Store.Outputs;

namespace Rouse.Server.Outputs;

/// <summary>Where bytes of outputs lie: in a folder of this server's, or in the operator's object store.</summary>
/// <param name="Folder">Null where none is set up that all servers of the database share.</param>
/// <param name="Store">Null where none is configured; takes precedence.</param>
internal sealed record OutputPlaces(SpoolFolder? Folder, S3Store? Store) : IDisposable
{
    private const string InFolder = "folder";
    private const string InStore = "s3";

    /// <summary>Where new ones go; null where there is nowhere.</summary>
    public string? Preferred => Store is not null ? InStore : Folder is not null ? InFolder : null;

    public static string FileOf(JobOutput output) => $"{output.Deployment}.{output.Name}";

    public static string KeyOf(JobOutput output) => $"{output.Deployment}/{OutputName.PathOf(output.Name)}";

    /// <summary>The object store, when it has this one.</summary>
    public S3Store? StoreOf(JobOutput output) => output.Place == InStore ? Store : null;

    public SpoolFolder? FolderOf(JobOutput output) => output.Place == InFolder ? Folder : null;

    /// <summary>Whether all its bytes are at its place, asked of the place.</summary>
    /// <exception cref="S3Fault">It does not say.</exception>
    public async ValueTask<bool> HasAsync(JobOutput output, CancellationToken ct)
    {
        if (StoreOf(output) is { } store) return await store.SizeAsync(KeyOf(output), ct) == output.Bytes;
        // What is in the folder under its name is whole; what was never sent is not there.
        if (FolderOf(output)?.Open(FileOf(output)) is not { } file) return false;
        await using (file) return file.Length == output.Bytes;
    }

    public async ValueTask RemoveAsync(JobOutput output, CancellationToken ct)
    {
        if (StoreOf(output) is { } store) await store.DeleteAsync(KeyOf(output), ct);
        FolderOf(output)?.Remove(FileOf(output));
    }

    /// <summary>Null when it is not there, or its place is none of this server's any more.</summary>
    /// <exception cref="S3Fault">The store does not answer.</exception>
    public async ValueTask<byte[]?> ReadAsync(JobOutput output, int maxBytes, CancellationToken ct)
    {
        if (output.Bytes > maxBytes) return null;
        if (StoreOf(output) is { } store) return await store.ReadAsync(KeyOf(output), maxBytes, ct);
        if (FolderOf(output)?.Open(FileOf(output)) is not { } file) return null;
        await using (file)
        {
            var bytes = new byte[file.Length];
            await file.ReadExactlyAsync(bytes, ct);
            return bytes;
        }
    }

    public void Dispose() => Store?.Dispose();
}
