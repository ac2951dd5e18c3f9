using System.Text.Json;

namespace Rouse.Worker.Weights;

/// <summary>
/// A hub cache that the platform has put on the machine, as Runpod does with cached models. It is read and never written to; a snapshot that is not whole
/// is not used at all, because nobody can say what its missing half would have been.
/// </summary>
/// <param name="root">Holds <c>models--org--name/…</c>; null where there is none.</param>
internal sealed class HostCache(string? root)
{
    /// <summary>Bytes of an index file: those of the largest models have a few.</summary>
    private const long MaxIndexBytes = 64 << 20;

    private static readonly EnumerationOptions s_all = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None, MaxRecursionDepth = 8 };

    public bool Has(HubModel model) => FolderOf(model) is { } folder && Directory.Exists(Path.Combine(folder, "snapshots"));

    /// <summary>The snapshot that the hub's listing speaks of, when every selected file is there with its size.</summary>
    public string? Find(HubListing listing, FileSelection wanted)
    {
        var snapshot = Path.Combine(FolderOf(listing.Model)!, "snapshots", listing.Commit);
        return wanted.Select(listing).All(file => SizeOf(Path.Combine(snapshot, file.Path)) == file.Size) ? snapshot : null;
    }

    /// <summary>
    /// Without the hub's word: the snapshot of a pinned commit, or of the one that the cache's own reference names, when it is whole by what it says itself.
    /// </summary>
    public string? FindAlone(HubModel model, FileSelection wanted)
    {
        var folder = FolderOf(model)!;
        var reference = Path.Combine([folder, "refs", .. model.Revision.Split('/')]);
        var commit = model.IsPinned ? model.Revision : File.Exists(reference) ? File.ReadAllText(reference).Trim() : "";
        var snapshot = Path.Combine(folder, "snapshots", commit);
        if (!HubModel.IsCommit(commit) || !Directory.Exists(snapshot) || IsBeingFilled(folder)) return null;
        try
        {
            var files = Directory.EnumerateFiles(snapshot, "*", s_all)
                .Select(path => new HubFile(Path.GetRelativePath(snapshot, path).Replace('\\', '/'), SizeOf(path), "")).ToList();
            var selected = wanted.Select(new HubListing(model, commit, files));
            return selected.All(file => IsWhole(snapshot, file)) && IndexesHold(snapshot, selected) && PartsAreThere(snapshot) ? snapshot : null;
        }
        catch (Exception fault) when (fault is WeightsException or JsonException or InvalidOperationException)
        {
            // Nothing the engine could run, or an index that cannot be read.
            return null;
        }
    }

    /// <summary>Somebody is at it, or died at it: what is not linked yet leaves no other trace. The ending is huggingface_hub's.</summary>
    private static bool IsBeingFilled(string folder) =>
        Path.Combine(folder, "blobs") is var blobs && Directory.Exists(blobs) && Directory.EnumerateFiles(blobs, "*.incomplete").Any();

    private static bool IsWhole(string snapshot, HubFile file)
    {
        if (file.Size < 0) return false;
        if (!file.Path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase)) return true;
        using var handle = File.OpenHandle(Path.Combine(snapshot, file.Path));
        return SafetensorsHeader.Fault(handle) is null;
    }

    /// <summary>Weights in several files have an index that names them all.</summary>
    private static bool IndexesHold(string snapshot, IReadOnlyList<HubFile> selected)
    {
        foreach (var index in selected.Where(static file => file.Path.EndsWith(".index.json", StringComparison.OrdinalIgnoreCase)))
        {
            using var json = Read(snapshot, index.Path);
            if (!json.RootElement.TryGetProperty("weight_map", out var map)) continue;
            var folder = index.Path[..(index.Path.LastIndexOf('/') + 1)];
            var named = map.EnumerateObject().Select(static weight => weight.Value.GetString()).Distinct(StringComparer.Ordinal);
            if (named.Any(name => !selected.Any(file => file.Path == folder + name))) return false;
        }

        return true;
    }

    /// <summary>A pipeline's index names its parts, each a folder.</summary>
    private static bool PartsAreThere(string snapshot)
    {
        if (!File.Exists(Path.Combine(snapshot, "model_index.json"))) return true;
        using var json = Read(snapshot, "model_index.json");
        return json.RootElement.EnumerateObject()
            .Where(static part => part.Value is { ValueKind: JsonValueKind.Array } pair && pair.GetArrayLength() == 2 && pair[0].ValueKind == JsonValueKind.String)
            .All(part => Directory.Exists(Path.Combine(snapshot, part.Name)));
    }

    private static JsonDocument Read(string snapshot, string path)
    {
        var file = new FileInfo(Path.Combine(snapshot, path));
        return SizeOf(file.FullName) <= MaxIndexBytes ? JsonDocument.Parse(File.ReadAllBytes(file.FullName)) : throw new JsonException("too long");
    }

    private string? FolderOf(HubModel model) => root is null ? null : Path.Combine(root, "models--" + model.Id.Replace("/", "--", StringComparison.Ordinal));

    /// <summary>Links are followed; −1 where one leads nowhere.</summary>
    private static long SizeOf(string path) => new FileInfo(path) switch
    {
        { LinkTarget: not null } link => link.ResolveLinkTarget(returnFinalTarget: true) is FileInfo { Exists: true } target ? target.Length : -1,
        { Exists: true } file => file.Length,
        _ => -1,
    };
}
