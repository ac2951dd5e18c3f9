using Rouse.Contracts.Workers;

namespace Rouse.Worker.Outputs;

/// <summary>The last resort: a folder, on a network volume where there is one. A file stands under its name when it is whole.</summary>
internal sealed class OutputFolder(string root, Func<string> draw)
{
    /// <returns>The file's path.</returns>
    /// <exception cref="IOException">The disk is full, or not there.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written to.</exception>
    public async Task<string> WriteAsync(MadeThing thing, CancellationToken ct)
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

            File.Move(aside, path, overwrite: true);
        }
        finally
        {
            // Moved away when all went well.
            File.Delete(aside);
        }

        return path;
    }
}
