using Rouse.Core.Tenancy;
using Rouse.Server.Caching.S3;
using Rouse.Store.Caching;
using Rouse.Store.Ownership;

namespace Rouse.Server.Caching;

/// <summary>
/// Puts one commit into a store: file by file, each noted once it is whole, so that a fill after a crash goes on behind the last of them; the manifest
/// last. And takes one out again: the manifest first.
/// </summary>
internal sealed class CacheFill(CacheStore entries, CacheSource source, CacheLimits limits)
{
    /// <param name="lease">Without it nothing is noted; who lost it has written nothing that a reader would take.</param>
    /// <exception cref="CacheFault">It is not whole.</exception>
    /// <exception cref="S3Fault">Neither.</exception>
    public async Task FillAsync(CacheEntry entry, S3Store store, Secret? token, Lease lease, CancellationToken ct)
    {
        var wish = entry.Wish;
        var wanted = await source.ListAsync(wish, token, ct);
        var kept = (await entries.ListFilesAsync(entry.Id, ct)).ToDictionary(file => file.Path, StringComparer.Ordinal);
        // There is one writer, so what was begun and not ended is a dead one's.
        await store.AbortUploadsAsync(ct);
        var copy = new FileCopy(source, store, limits);
        List<CacheFile> files = [];
        foreach (var file in wanted)
        {
            if (!kept.TryGetValue(file.Path, out var whole) || whole.Etag != file.Etag || whole.Size != file.Size)
            {
                whole = await copy.RunAsync(wish, file, token, ct);
                if (!await entries.SaveFileAsync(lease, entry.Id, whole, ct)) throw Lost();
            }

            files.Add(whole);
        }

        var manifest = CacheManifest.Of(wish, files).Write();
        if (manifest.Length > CacheManifest.MaxBytes) throw new CacheFault($"{wish.Model} has too many files for the cache.", passing: false);
        await store.WriteAsync(CacheManifest.Name, manifest, ct);
        if (!await entries.CompleteAsync(lease, entry.Id, CacheManifest.DigestOf(manifest), ct)) throw Lost();
    }

    public async Task RemoveAsync(CacheEntry entry, S3Store store, Lease lease, CancellationToken ct)
    {
        await store.DeleteAsync(CacheManifest.Name, ct);
        await store.AbortUploadsAsync(ct);
        foreach (var file in await entries.ListFilesAsync(entry.Id, ct)) await store.DeleteAsync(file.Path, ct);
        if (!await entries.RemovedAsync(lease, entry.Id, ct)) throw Lost();
    }

    private static CacheFault Lost() => new("Another server took over, or it is not wanted any more.", passing: true);
}
