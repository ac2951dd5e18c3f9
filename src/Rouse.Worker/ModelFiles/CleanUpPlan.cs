namespace Rouse.Worker.ModelFiles;

/// <summary>What a clean-up knows of a file.</summary>
internal readonly record struct KeptFile(FilePlace Place, long Size, DateTimeOffset LastUsed, long UsageCount);

/// <summary>Which fetched files are removed, in which order. Pure.</summary>
internal static class CleanUpPlan
{
    /// <summary>Time after its last use for which a file counts as in use: longer than a job may take to load it.</summary>
    public static readonly TimeSpan InUseFor = TimeSpan.FromHours(1);

    /// <summary>Files unused for longer than <paramref name="maxAge"/>, but for the <paramref name="keepPopular"/> most used.</summary>
    public static IReadOnlyList<KeptFile> ByAge(IReadOnlyCollection<KeptFile> files, DateTimeOffset now, TimeSpan maxAge, int keepPopular)
    {
        var popular = Popular(files, keepPopular);
        return [.. files.Where(file => now - file.LastUsed > maxAge && !popular.Contains(file.Place)).OrderBy(static file => file.LastUsed)];
    }

    /// <summary>All that may go when room is needed: those unused for longest first, the most used last, none that is in use.</summary>
    public static IReadOnlyList<KeptFile> ForRoom(IReadOnlyCollection<KeptFile> files, DateTimeOffset now, int keepPopular)
    {
        var popular = Popular(files, keepPopular);
        return [.. files.Where(file => now - file.LastUsed > InUseFor).OrderBy(file => popular.Contains(file.Place)).ThenBy(static file => file.LastUsed)];
    }

    private static HashSet<FilePlace> Popular(IEnumerable<KeptFile> files, int count) =>
        [.. files.OrderByDescending(static file => file.UsageCount).ThenByDescending(static file => file.LastUsed).Take(count).Select(static file => file.Place)];
}
