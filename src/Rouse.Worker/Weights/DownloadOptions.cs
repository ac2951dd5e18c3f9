namespace Rouse.Worker.Weights;

/// <summary>Bounds of a download. The defaults are for one machine near a content network.</summary>
internal sealed record DownloadOptions
{
    /// <summary>Connections of all files together: content networks limit each connection, and 16 fill most links.</summary>
    public int Connections { get; init; } = 16;

    /// <summary>Files in work at the same time: the small ones hide behind the big ones.</summary>
    public int FilesAtOnce { get; init; } = 4;

    /// <summary>Bytes of the smallest range asked for: below this the question costs more than the answer.</summary>
    public long MinPiece { get; init; } = 4 << 20;

    /// <summary>Bytes of the biggest range asked for: bounds how far the check sum can lag behind.</summary>
    public long MaxPiece { get; init; } = 64 << 20;

    /// <summary>Bytes read before they are written, for each connection.</summary>
    public int BufferSize { get; init; } = 512 << 10;

    /// <summary>Bytes of progress in one range between two entries of the journal: what a killed worker loads again, per connection.</summary>
    public long JournalStep { get; init; } = 4 << 20;

    /// <summary>Bytes written between two flushes to disk while a file comes: what is left for the one at its end.</summary>
    public long FlushStep { get; init; } = 64 << 20;

    /// <summary>A connection that brings less than <see cref="LeastProgress"/> in this time is cut and tried again.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Bytes: 1 KiB/s of a connection. With less, a download would last for weeks and count as alive.</summary>
    public long LeastProgress { get; init; } = 32 << 10;

    /// <summary>Failures in a row, without <see cref="LeastProgress"/> between them, after which the hub counts as unavailable.</summary>
    public int MaxFailures { get; init; } = 7;

    public TimeSpan FirstWait { get; init; } = TimeSpan.FromMilliseconds(500);

    public TimeSpan LongestWait { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest <c>Retry-After</c> obeyed: the hub counts requests in windows of five minutes.</summary>
    public TimeSpan LongestAsked { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Bytes left free on the disk: a full disk breaks more than this download.</summary>
    public long DiskReserve { get; init; } = 64 << 20;

    /// <summary>How often a wait for another process's download looks again.</summary>
    public TimeSpan LockPoll { get; init; } = TimeSpan.FromMilliseconds(200);
}
