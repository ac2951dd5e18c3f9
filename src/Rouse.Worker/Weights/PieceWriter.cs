namespace Rouse.Worker.Weights;

/// <summary>Writes one piece from front to back and notes it in the journal step by step. A fault of the disk is a <see cref="DiskFault"/>.</summary>
internal sealed class PieceWriter(PartialFile part, FollowingHash hash, FollowingFlush flush, DownloadProgress progress, long start, long journalStep)
{
    private long _noted = start;

    /// <summary>Everything of the piece before this byte is in the file.</summary>
    public long Written { get; private set; } = start;

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        try
        {
            await RandomAccess.WriteAsync(part.Handle, bytes, Written, ct);
        }
        catch (IOException fault)
        {
            throw new DiskFault(fault);
        }

        Written += bytes.Length;
        progress.Add(bytes.Length);
    }

    /// <summary>Notes what is written, where a step is full.</summary>
    public void Note()
    {
        if (Written - _noted >= journalStep) Flush();
    }

    public void Flush()
    {
        if (Written == _noted) return;
        try
        {
            part.Mark(new ByteRange(_noted, Written));
        }
        catch (IOException fault)
        {
            throw new DiskFault(fault);
        }

        flush.Add(Written - _noted);
        _noted = Written;
        hash.Advance(part.Prefix);
    }
}

/// <summary>The disk's fault, not the network's: trying again would meet it again.</summary>
/// <param name="isFull">For faults that do not say so themselves.</param>
internal sealed class DiskFault(IOException inner, bool isFull = false) : IOException(inner.Message, inner)
{
    // errno(3): ENOSPC and EDQUOT, as .NET puts them into HResult on Unix.
    private const int NoSpace = 28;
    private const int NoQuota = 122;

    public bool IsFull { get; } = isFull || IsFullDisk(inner);

    /// <summary>Whether a fault, met at any write, says that there is no room.</summary>
    public static bool IsFullDisk(Exception fault) => fault is DiskFault { IsFull: true } or IOException { HResult: NoSpace or NoQuota };
}
