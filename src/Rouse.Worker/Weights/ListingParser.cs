using Rouse.Contracts.Workers;

namespace Rouse.Worker.Weights;

/// <summary>Turns the hub's words into checked values: names become paths on this machine, so none may leave its folder.</summary>
internal static class ListingParser
{
    /// <summary>Bytes: the largest file systems' limit of one path is 4096.</summary>
    public const int MaxPathLength = 1_024;

    public static HubListing Parse(HubModel model, HubInfo? info)
    {
        if (info?.Sha is not { } commit || !HubModel.IsCommit(commit)) throw Unusable("it names no commit");
        return new HubListing(model, commit, Apart((info.Siblings ?? []).Select(File)));
    }

    /// <summary>The same for what the control plane says of a copy.</summary>
    public static HubListing Parse(HubModel model, WorkerCacheReply reply)
    {
        if (reply.Commit is not { } commit || !HubModel.IsCommit(commit)) throw Unusable("it names no commit");
        return new HubListing(model, commit, Apart((reply.Files ?? []).Select(Copy)));
    }

    /// <summary>No two have one name, and none has the name of another's folder.</summary>
    private static List<HubFile> Apart(IEnumerable<HubFile> files)
    {
        var all = files.ToList();
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (var file in all)
        {
            if (!names.Add(file.Path)) throw Unusable($"it lists '{Shown(file.Path)}' twice");
        }

        foreach (var file in all)
        {
            for (var slash = file.Path.LastIndexOf('/'); slash > 0; slash = file.Path.LastIndexOf('/', slash - 1))
            {
                if (names.Contains(file.Path[..slash])) throw Unusable($"it lists '{Shown(file.Path[..slash])}' as a file and as a folder");
            }
        }

        return all;
    }

    private static HubFile Copy(WorkerCacheFile file)
    {
        var hubs = File(new HubInfo.Sibling { Name = file.Path, Size = file.Size, BlobId = file.Etag });
        var known = file.Sha256.Length == 64 && !file.Sha256.AsSpan().ContainsAnyExcept("0123456789abcdef");
        return known ? hubs with { Sha256 = file.Sha256 } : throw Unusable($"it gives no hash of '{Shown(file.Path)}'");
    }

    private static HubFile File(HubInfo.Sibling sibling)
    {
        var name = sibling.Name ?? "";
        if (!IsInside(name)) throw Unusable($"it lists a file outside the repository, '{Shown(name)}'");
        var etag = sibling.Lfs?.Sha256 ?? sibling.BlobId ?? "";
        var size = sibling.Lfs?.Size ?? sibling.Size ?? -1;
        var known = etag.Length is 40 or 64 && !etag.AsSpan().ContainsAnyExcept("0123456789abcdef") && size >= 0;
        return known ? new HubFile(name, size, etag) : throw Unusable($"it gives no size or hash of '{Shown(name)}'");
    }

    private static bool IsInside(string name) =>
        name.Length is > 0 and <= MaxPathLength && !name.Any(static c => char.IsControl(c) || c is '\\' or ':')
        && Array.TrueForAll(name.Split('/'), static part => part is not ("" or "." or ".."));

    private static string Shown(string name) => new([.. name.Take(80).Select(static c => char.IsControl(c) ? '?' : c)]);

    private static WeightsException Unusable(string why) => new(
        FaultCodes.ModelUnusable, $"The hub's listing is not used because {why}. Check HF_ENDPOINT, or choose another repository.");
}
