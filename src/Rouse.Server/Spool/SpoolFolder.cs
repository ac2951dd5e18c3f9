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

    /// <summary>Absolute. For files without a name.</summary>
    public string Root => _root;

    public static string RequestOf(DeploymentId deployment, JobId job) => $"{deployment}.{job}.request";

    public static string ReplyOf(DeploymentId deployment, JobId job) => $"{deployment}.{job}.reply";

    /// <summary>Durable when this returns. Null, and nothing kept, when the source has more bytes than it may, or when it was ended.</summary>
    /// <param name="goesOn">Told after each read how many bytes came so far, before they are written; false ends it.</param>
    /// <param name="whenFull">Awaited when the disk is full, and then what did not fit is written again. Null: a full disk is a <see cref="StorageException"/>.</param>
    /// <exception cref="StorageException">The disk is full or does not work. Faults of <paramref name="source"/> come as they are.</exception>
    public async ValueTask<SpooledBody?> WriteAsync(string name, Stream source, long maxBytes, CancellationToken ct, Func<long, bool>? goesOn = null, Func<ValueTask>? whenFull = null)
    {
        var aside = name + Aside;
        // Outside of what cleans up: where another is writing the same, its file is not this one's to remove.
        FileStream file = null!;
        await DiskAsync(() => file = Create(PathOf(aside)), whenFull);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var bytes = 0L;
            await using (file)
            {
                while (await source.ReadAsync(buffer, ct) is > 0 and var read)
                {
                    var at = bytes;
                    bytes += read;
                    if (bytes > maxBytes || goesOn?.Invoke(bytes) is false) return null;
                    hash.AppendData(buffer, 0, read);
                    // At its place, so that a write that was cut off is made whole by the next.
                    await DiskAsync(() => RandomAccess.Write(file.SafeFileHandle, buffer.AsSpan(0, read), at), whenFull);
                }

                // Not to be tried again: what a failed fsync could not write the next one takes for written.
                await DiskAsync(() => file.Flush(flushToDisk: true), whenFull: null);
            }

            await DiskAsync(() => File.Move(PathOf(aside), PathOf(name), overwrite: true), whenFull);
            FolderSync.Flush(_root);
            return new SpooledBody(name, bytes, hash.GetHashAndReset());
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            // Moved away when all went well.
            Remove(aside);
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
        try
        {
            File.Move(PathOf(name), PathOf(other), overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Fault(error);
        }

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

    /// <summary>The file system it is on, now. One that does not say is taken for boundless.</summary>
    public DiskSpace Disk()
    {
        try
        {
            var drive = new DriveInfo(_root);
            return new DiskSpace(drive.AvailableFreeSpace, drive.TotalSize);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return new DiskSpace(long.MaxValue, long.MaxValue);
        }
    }

    private string PathOf(string name) => Path.Combine(_root, name);

    private static FileStream Create(string path)
    {
        var options = new FileStreamOptions { Mode = System.IO.FileMode.Create, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0, Options = FileOptions.Asynchronous };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = FileMode;
        return new FileStream(path, options);
    }

    private static async ValueTask DiskAsync(Action act, Func<ValueTask>? whenFull)
    {
        while (true)
        {
            try
            {
                act();
                return;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                var fault = Fault(error);
                if (whenFull is null || fault.Code != StorageCodes.Full) throw fault;
            }

            await whenFull();
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
