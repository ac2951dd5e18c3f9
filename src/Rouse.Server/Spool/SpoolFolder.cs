using System.Buffers;
using System.Security.Cryptography;
using Rouse.Core.Deployments;
using Rouse.Core.Jobs;
using Rouse.Server.Backup;
using Rouse.Store;

namespace Rouse.Server.Spool;

/// <summary>
/// Bodies of queued requests, and of their answers, as files. A file appears under its name when it is whole and durable; its name, size and SHA-256 lie
/// in the database, and what no row there names is an orphan. They are callers' data: readable by the server's user alone, and never logged.
/// </summary>
internal sealed class SpoolFolder
{
    /// <summary>A file that nobody has written to for so long, and that no row names, is an orphan. The slowest upload that is let live (240 bytes per
    /// second) fills <see cref="BufferBytes"/> in less.</summary>
    public static readonly TimeSpan OrphanAge = TimeSpan.FromMinutes(15);

    /// <summary>Read and written at a time.</summary>
    public const int BufferBytes = 64 * 1024;

    private const UnixFileMode FolderMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode FileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const string Aside = ".partial";

    private readonly string _root;

    /// <exception cref="RouseHostException">The folder cannot be used.</exception>
    public SpoolFolder(string root)
    {
        try
        {
            _root = Path.GetFullPath(root);
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(_root);
            else Directory.CreateDirectory(_root, FolderMode);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new RouseHostException($"The spool folder {root} cannot be used: {error.Message}", error);
        }
    }

    public static string RequestOf(DeploymentId deployment, JobId job) => $"{deployment}.{job}.request";

    public static string ReplyOf(DeploymentId deployment, JobId job) => $"{deployment}.{job}.reply";

    /// <summary>Durable when this returns. Null, and nothing kept, when the source has more bytes than it may.</summary>
    /// <param name="heard">Called after each read.</param>
    /// <exception cref="StorageException">The disk is full or does not work. Faults of <paramref name="source"/> come as they are.</exception>
    public async ValueTask<SpooledBody?> WriteAsync(string name, Stream source, long maxBytes, CancellationToken ct, Action? heard = null)
    {
        var aside = PathOf(name) + Aside;
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var bytes = 0L;
            await using (var file = Disk(() => Create(aside)))
            {
                while (true)
                {
                    var read = await source.ReadAsync(buffer, ct);
                    heard?.Invoke();
                    if (read == 0) break;
                    bytes += read;
                    if (bytes > maxBytes) return null;
                    hash.AppendData(buffer, 0, read);
                    await DiskAsync(() => file.WriteAsync(buffer.AsMemory(0, read), CancellationToken.None));
                }

                Disk(() => file.Flush(flushToDisk: true));
            }

            Disk(() => File.Move(aside, PathOf(name), overwrite: true));
            FolderSync.Flush(_root);
            return new SpooledBody(name, bytes, hash.GetHashAndReset());
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            // Moved away when all went well.
            File.Delete(aside);
        }
    }

    /// <summary>The file at its beginning, once its bytes are found to be those that came; null when they are not, or are gone.</summary>
    public async ValueTask<FileStream?> OpenWholeAsync(SpooledBody body, CancellationToken ct)
    {
        if (Open(body.Name) is not { } file) return null;
        var isWhole = false;
        try
        {
            isWhole = file.Length == body.Bytes && CryptographicOperations.FixedTimeEquals(await SHA256.HashDataAsync(file, ct), body.Sha256);
            file.Position = 0;
            return isWhole ? file : null;
        }
        finally
        {
            if (!isWhole) await file.DisposeAsync();
        }
    }

    /// <summary>Null when there is no such file.</summary>
    public FileStream? Open(string name)
    {
        try
        {
            return new FileStream(PathOf(name), new FileStreamOptions { Share = FileShare.Read | FileShare.Delete, BufferSize = 0, Options = FileOptions.Asynchronous | FileOptions.SequentialScan });
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Gives a whole file another name, durably; it takes the place of what has that name.</summary>
    /// <exception cref="StorageException">The disk does not work.</exception>
    public void Rename(string name, string other)
    {
        Disk(() => File.Move(PathOf(name), PathOf(other), overwrite: true));
        FolderSync.Flush(_root);
    }

    /// <summary>What cannot be removed now is an orphan later.</summary>
    public void Remove(string name)
    {
        try
        {
            File.Delete(PathOf(name));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The sweep finds it.
        }
    }

    /// <summary>Files that nobody has written to since, by name; unfinished ones among them.</summary>
    public IEnumerable<string> ListBefore(DateTimeOffset moment) => new DirectoryInfo(_root).EnumerateFiles("dep_*")
        .Where(file => file.LastWriteTimeUtc < moment.UtcDateTime).Select(file => file.Name);

    private string PathOf(string name) => Path.Combine(_root, name);

    private static FileStream Create(string path)
    {
        var options = new FileStreamOptions { Mode = System.IO.FileMode.Create, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0, Options = FileOptions.Asynchronous };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = FileMode;
        return new FileStream(path, options);
    }

    private static void Disk(Action act) => Disk(() =>
    {
        act();
        return true;
    });

    private static T Disk<T>(Func<T> act)
    {
        try
        {
            return act();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Fault(error);
        }
    }

    private static async ValueTask DiskAsync(Func<ValueTask> act)
    {
        try
        {
            await act();
        }
        catch (IOException error)
        {
            throw Fault(error);
        }
    }

    private static StorageException Fault(Exception error)
    {
        const int noSpace = 28;
        const int quota = 122;
        var code = (error.HResult & 0xFFFF) is noSpace or quota ? StorageCodes.Full : StorageCodes.Unavailable;
        return new StorageException(code, "The spool cannot be written to.", error);
    }
}
