using Rouse.Worker.Lifetime;
using Rouse.Worker.Reports;
using Rouse.Worker.Weights;

namespace Rouse.Worker.ModelFiles;

/// <summary>Removes files that nobody has used for long, and makes room for a download. What workers did not fetch is not theirs to remove.</summary>
internal sealed class LibraryCleaner(LibrarySettings settings, LibraryFolder folder, DownloadOptions options, WorkerLog log, Clock clock)
{
    /// <summary>An unfinished download that nobody took up again for so long is given up.</summary>
    private static readonly TimeSpan s_unfinishedFor = TimeSpan.FromDays(3);

    /// <summary>By age, and down to the cap.</summary>
    public void CleanUp()
    {
        var now = clock.Time.GetUtcNow();
        foreach (var (place, part) in folder.Unfinished())
        {
            if (now.UtcDateTime - part.LastWriteTimeUtc < s_unfinishedFor || Leases.TryTakeAlone(place.Lock) is not { } held) continue;
            using (held) part.Delete();
        }

        foreach (var file in CleanUpPlan.ByAge(Kept(), now, settings.MaxAge, settings.KeepPopular)) Remove(file, $"not used for {(now - file.LastUsed).TotalDays:0} days");
        MakeRoom(() => Total() - settings.MaxTotalBytes, "over the cap of the model folder");
    }

    /// <summary>Makes room for so many bytes; call with the clean-up lock held, so that no two downloads count on the same room.</summary>
    /// <exception cref="ModelFileException">There is no room, and nothing more that may go.</exception>
    public void MakeRoom(string name, long bytes)
    {
        var why = $"to make room for {name}";
        MakeRoom(() => Math.Max(Total() + bytes - settings.MaxTotalBytes, bytes + options.DiskReserve - Free()), why);
        if (Total() + bytes > settings.MaxTotalBytes) throw ModelFileFaults.Full(name, bytes, settings.MaxTotalBytes);
        if (bytes + options.DiskReserve <= Free()) return;
        throw ModelFileFaults.DiskFull(name, $"It needs {ByteText.Of(bytes)}, and the disk has {ByteText.Of(Free())} free.");
    }

    private void MakeRoom(Func<long> missing, string why)
    {
        if (missing() <= 0) return;
        foreach (var file in CleanUpPlan.ForRoom(Kept(), clock.Time.GetUtcNow(), settings.KeepPopular))
        {
            Remove(file, why);
            if (missing() <= 0) return;
        }
    }

    private List<KeptFile> Kept() =>
        [.. folder.Places().Select(Look).OfType<KeptFile>()];

    /// <summary>A damaged record is made up for by what the file itself tells.</summary>
    private static KeptFile? Look(FilePlace place)
    {
        var file = new FileInfo(place.Path);
        if (!file.Exists) return null;
        var use = FileUse.Read(place.Record);
        // Somebody put another file in its place: that is not ours to count or remove.
        if (use is not null && use.FileSize != file.Length) return null;
        return new KeptFile(place, file.Length, use?.LastUsed ?? new DateTimeOffset(file.LastWriteTimeUtc), use?.UsageCount ?? 0);
    }

    private void Remove(KeptFile file, string why)
    {
        var place = file.Place;
        using var held = Leases.TryTakeAlone(place.Lock);
        if (held is null) return;
        using var alone = Leases.TryTakeAlone(place.Lease);
        // Whoever used it since it was looked at needs it.
        if (alone is null || Look(place) is not { } now || now.LastUsed != file.LastUsed) return;
        File.Delete(place.Path);
        File.Delete(place.Record);
        log.Info($"Removed {LibraryFolder.Word(place.Kind)}/{place.Name} ({ByteText.Of(file.Size)}): {why}.");
    }

    private long Total() => Kept().Sum(static file => file.Size) + folder.Unfinished().Where(static part => part.File.Name.EndsWith(PartialFile.Suffix, StringComparison.Ordinal)).Sum(static part => part.File.Length);

    private long Free() => new DriveInfo(folder.Root).AvailableFreeSpace;
}
