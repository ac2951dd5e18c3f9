using Rouse.Contracts.Workers;

namespace Rouse.Worker.Outputs;

/// <summary>
/// The last resort: a folder, on a network volume where there is one. A file stands under its name when it is whole. What is older than was promised goes when something new comes, so
/// that the folder never holds more than is made in that time; nothing else in it is touched.
/// </summary>
/// <param name="kept">Promised from when a file was last written.</param>
internal sealed class OutputFolder(string root, TimeSpan kept, Func<string> draw, TimeProvider time)
{
    /// <summary>Between looks for what is too old: the folder may be large, and far away.</summary>
    private static readonly TimeSpan s_between = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    private long? _swept;

    /// <returns>The file's path, and until when it is there.</returns>
    /// <exception cref="IOException">The disk is full, or not there.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written to.</exception>
    public async Task<(string Path, DateTimeOffset ExpiresAt)> WriteAsync(MadeThing thing, CancellationToken ct)
    {
        var path = Path.Combine(Path.GetFullPath(root), OutputName.PathOf(thing.Name));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        // Another worker of the same volume may be writing the same thing.
        var aside = $"{path}.{draw()}.partial";
        try
        {
            await using (var file = new FileStream(aside, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0, Options = FileOptions.Asynchronous }))
            {
                await file.WriteAsync(thing.Content, ct);
                file.Flush(flushToDisk: true);
            }

            // By the disk's clock, which is the one that its other files have: a rented machine's own is often wrong.
            var now = File.GetLastWriteTimeUtc(aside);
            File.Move(aside, path, overwrite: true);
            if (IsTime()) Sweep(now - kept);
            return (path, new DateTimeOffset(now, TimeSpan.Zero) + kept);
        }
        finally
        {
            // Moved away when all went well.
            File.Delete(aside);
        }
    }

    private bool IsTime()
    {
        lock (_gate)
        {
            if (_swept is { } last && time.GetElapsedTime(last) < s_between) return false;
            _swept = time.GetTimestamp();
            return true;
        }
    }

    private void Sweep(DateTime ended)
    {
        try
        {
            foreach (var file in new DirectoryInfo(root).EnumerateDirectories("??").SelectMany(static folder => folder.EnumerateFiles()).Where(file => IsOurs(file) && file.LastWriteTimeUtc < ended))
            {
                Remove(file.FullName, ended);
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // Another worker removes the same; what is left is met again.
        }
    }

    /// <summary>Taken aside before it is looked at for good: another worker may have written it anew this very moment.</summary>
    private void Remove(string path, DateTime ended)
    {
        var aside = $"{path}.{draw()}.partial";
        File.Move(path, aside);
        if (File.GetLastWriteTimeUtc(aside) < ended) File.Delete(aside);
        else File.Move(aside, path, overwrite: true);
    }

    /// <summary>A whole one, or what a killed worker left of one.</summary>
    private static bool IsOurs(FileInfo file) =>
        file.Name.Length > OutputName.DigestLength && OutputName.IsDigest(file.Name.AsSpan(0, OutputName.DigestLength)) && file.Name.StartsWith(file.Directory!.Name, StringComparison.Ordinal);
}
