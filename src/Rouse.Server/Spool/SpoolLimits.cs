namespace Rouse.Server.Spool;

/// <summary>The bounds of what queued requests may take of the disk. Sizes in bytes.</summary>
internal sealed record SpoolLimits
{
    /// <summary>All bodies of queued requests and of their answers (<c>ROUSE_SPOOL_MAX_GB</c>). An answer is never refused: its request was carried out.</summary>
    public long MaxTotal { get; init; } = 50L << 30;

    /// <summary>What one tenant may have of it: nobody's uploads may leave no room for another's.</summary>
    public double TenantShare { get; init; } = 0.5;

    /// <summary>Left free on the disk, for the answers of what is queued already and for the database, which is often on the same: some minutes of both.</summary>
    public long Reserve { get; init; } = 512L << 20;

    /// <summary>The same of a small disk, as a part of it.</summary>
    public double ReserveShare { get; init; } = 0.05;

    /// <summary>How old the store's count of bytes may be. What this process queues is added at once; what others queue, and what is removed, is seen after so long.</summary>
    public TimeSpan CountEvery { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The same before somebody is refused: room that was just made is found, and a crowd that is refused does not make the store count all the time.</summary>
    public TimeSpan CountBeforeRefusal { get; init; } = TimeSpan.FromSeconds(1);
}

/// <summary>Why the spool takes no more.</summary>
internal enum SpoolRefusal
{
    /// <summary>The tenant has its share.</summary>
    Share,

    /// <summary>The bound of all, or the disk.</summary>
    Full,
}

/// <summary>A file system. Sizes in bytes.</summary>
internal readonly record struct DiskSpace(long Free, long Size);
