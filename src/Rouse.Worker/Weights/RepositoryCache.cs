using System.Text.Json;

namespace Rouse.Worker.Weights;

/// <summary>
/// One repository in the hub's own cache layout, shared with every other program that uses it:
/// <c>blobs/&lt;etag&gt;</c>, <c>snapshots/&lt;commit&gt;/&lt;path&gt;</c> → relative links to blobs, <c>refs/&lt;revision&gt;</c> = commit,
/// and locks beside the repositories. Source: huggingface.co/docs/hub/local-cache.
/// </summary>
internal sealed class RepositoryCache
{
    private readonly string _hub;
    private readonly string _name;
    private readonly string _root;

    public RepositoryCache(string cacheRoot, string modelId)
    {
        _hub = Path.Combine(Path.GetFullPath(cacheRoot), "hub");
        _name = "models--" + modelId.Replace("/", "--", StringComparison.Ordinal);
        _root = Path.Combine(_hub, _name);
        Directory.CreateDirectory(Path.Combine(_root, "blobs"));
        Directory.CreateDirectory(Path.Combine(_hub, ".locks", _name));
    }

    public string Root => _root;

    public string BlobOf(HubFile file) => Path.Combine(_root, "blobs", file.Etag);

    public string LockOf(HubFile file) => Path.Combine(_hub, ".locks", _name, file.Etag + ".lock");

    public bool Has(HubFile file) => new FileInfo(BlobOf(file)) is { Exists: true } blob && blob.Length == file.Size;

    public string SnapshotOf(string commit) => Path.Combine(_root, "snapshots", commit);

    /// <summary>A snapshot that this program completed before for this selection; null when none is whole. Needs no hub.</summary>
    public string? FindWhole(HubModel model, FileSelection wanted)
    {
        var commit = model.IsPinned ? model.Revision : ReadOrNull(RefOf(model.Revision))?.Trim();
        if (commit is null || !HubModel.IsCommit(commit) || ReadOrNull(ManifestOf(commit, wanted)) is not { } json) return null;
        try
        {
            var manifest = JsonSerializer.Deserialize(json, HubJson.Default.SnapshotManifest);
            var snapshot = SnapshotOf(commit);
            // Links are followed: a blob that was removed or cut short makes the snapshot incomplete.
            return manifest is { Files: not null } && manifest.Files.All(file => Length(Path.Combine(snapshot, file.Key)) == file.Value) ? snapshot : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Links the files under their names. Only then the reference and the manifest are written: what they name is whole.</summary>
    public string Publish(HubListing listing, IReadOnlyList<HubFile> files, FileSelection wanted)
    {
        var snapshot = SnapshotOf(listing.Commit);
        foreach (var file in files) Link(Path.Combine(snapshot, file.Path), BlobOf(file));
        WriteWhole(RefOf(listing.Model.Revision), listing.Commit);
        var manifest = new SnapshotManifest(files.ToDictionary(static file => file.Path, static file => file.Size, StringComparer.Ordinal));
        WriteWhole(ManifestOf(listing.Commit, wanted), JsonSerializer.Serialize(manifest, HubJson.Default.SnapshotManifest));
        return snapshot;
    }

    // Beside the layout, not inside a snapshot, where readers would take it for a file of the model.
    private string ManifestOf(string commit, FileSelection wanted) => Path.Combine(_root, ".rouse", $"{commit}.{wanted.Name}.json");

    private string RefOf(string revision) => Path.Combine([_root, "refs", .. revision.Split('/')]);

    private static void Link(string name, string blob)
    {
        var folder = Path.GetDirectoryName(name)!;
        Directory.CreateDirectory(folder);
        var target = Path.GetRelativePath(folder, blob);
        if (new FileInfo(name).LinkTarget == target) return;
        File.Delete(name);
        try
        {
            File.CreateSymbolicLink(name, target);
        }
        catch (IOException) when (new FileInfo(name).LinkTarget == target)
        {
            // Another worker linked it meanwhile.
        }
    }

    private static void WriteWhole(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        // Workers of several machines, or containers, may write to one volume, and many of them are process 1.
        var draft = $"{path}.{Environment.MachineName}.{Environment.ProcessId}.{Environment.CurrentManagedThreadId}";
        File.WriteAllText(draft, text);
        File.Move(draft, path, overwrite: true);
    }

    private static long Length(string path) =>
        new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true) is FileInfo { Exists: true } target ? target.Length : -1;

    private static string? ReadOrNull(string path) => File.Exists(path) ? File.ReadAllText(path) : null;
}
