using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Rouse.Worker.Weights;

/// <summary>
/// A file that is being fetched, and a journal of the ranges written, so that a killed worker's successor goes on where it ended. The
/// journal may run ahead of the disk after a power cut; the check sum finds that.
/// </summary>
/// <remarks>
/// The names differ from huggingface_hub's <c>.incomplete</c>, which that library appends to: ours is written out of order.
/// </remarks>
internal sealed class PartialFile : IDisposable
{
    public const string Suffix = ".rouse-part";
    private const string JournalSuffix = ".rouse-ranges";

    private readonly Lock _gate = new();
    private readonly string _blob;
    private readonly long _size;
    private readonly RangeSet _done = new();
    private readonly FileStream _journal;

    private PartialFile(string blob, long size, SafeFileHandle handle, FileStream journal) =>
        (_blob, _size, Handle, _journal) = (blob, size, handle, journal);

    public SafeFileHandle Handle { get; }

    public long Done
    {
        get
        {
            lock (_gate) return _done.Total;
        }
    }

    /// <summary>Bytes from the start without a hole.</summary>
    public long Prefix
    {
        get
        {
            lock (_gate) return _done.Prefix;
        }
    }

    /// <summary>Whether a file of this name is one in work, or its journal.</summary>
    public static bool IsPart(string name) => name.EndsWith(Suffix, StringComparison.Ordinal) || name.EndsWith(JournalSuffix, StringComparison.Ordinal);

    public static bool Exists(string blob) => File.Exists(blob + Suffix);

    /// <summary>Goes on with what is there, or starts anew. The disk space is taken now, so that a full disk is found before the download.</summary>
    public static PartialFile Open(string blob, long size)
    {
        var (data, list) = (blob + Suffix, blob + JournalSuffix);
        var resumes = new FileInfo(data) is { Exists: true } found && found.Length == size && File.Exists(list);
        if (!resumes) Delete(blob);
        var handle = OpenData(data, size, resumes);
        FileStream? journal = null;
        try
        {
            if (!resumes) RandomAccess.SetLength(handle, size);
            journal = new FileStream(list, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            var part = new PartialFile(blob, size, handle, journal);
            part.ReadJournal();
            return part;
        }
        catch
        {
            journal?.Dispose();
            handle.Dispose();
            throw;
        }
    }

    public IReadOnlyList<ByteRange> Gaps()
    {
        lock (_gate) return _done.Gaps(_size);
    }

    /// <summary>These bytes are written. Call after the write, never before.</summary>
    public void Mark(ByteRange range)
    {
        lock (_gate)
        {
            _journal.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{range.Start} {range.End}\n")));
            _done.Add(range);
        }
    }

    /// <summary>Puts the whole file, flushed before, under its own name.</summary>
    public void Finish() => Finish(_blob, _blob);

    /// <summary>Puts a whole file, flushed before, under another name of the same disk.</summary>
    public static void Finish(string blob, string name)
    {
        File.Move(blob + Suffix, name, overwrite: true);
        File.Delete(blob + JournalSuffix);
    }

    public static void Delete(string blob)
    {
        File.Delete(blob + JournalSuffix);
        File.Delete(blob + Suffix);
    }

    public void Dispose()
    {
        Handle.Dispose();
        _journal.Dispose();
    }

    private static SafeFileHandle OpenData(string path, long size, bool resumes)
    {
        try
        {
            return File.OpenHandle(
                path, resumes ? FileMode.Open : FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, FileOptions.None,
                resumes ? 0 : size);
        }
        catch (IOException fault) when (!resumes && new DriveInfo(Path.GetDirectoryName(path)!).AvailableFreeSpace < size)
        {
            // .NET's fault says so in words only.
            throw new DiskFault(fault, isFull: true);
        }
    }

    private void ReadJournal()
    {
        using var reader = new StreamReader(_journal, Encoding.ASCII, leaveOpen: true);
        while (reader.ReadLine() is { } line)
        {
            // The last line may be cut off in the middle of a number; a range that does not fit the file is such a one.
            var space = line.IndexOf(' ', StringComparison.Ordinal);
            if (space > 0 && long.TryParse(line.AsSpan(0, space), NumberStyles.None, CultureInfo.InvariantCulture, out var start)
                && long.TryParse(line.AsSpan(space + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var end)
                && start < end && end <= _size)
            {
                _done.Add(new ByteRange(start, end));
            }
        }

        _journal.Seek(0, SeekOrigin.End);
    }
}
