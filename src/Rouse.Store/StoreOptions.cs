namespace Rouse.Store;

/// <summary>The bounds of the store, each with its reason.</summary>
public sealed record StoreOptions
{
    /// <summary>SQLite: writes that may wait for the writer; further callers wait for a place. More would only be memory.</summary>
    public int MaxQueuedWrites { get; init; } = 4096;

    /// <summary>SQLite: writes that share one commit. One fsync for many; few enough that the first does not wait long for the last.</summary>
    public int MaxGroup { get; init; } = 256;

    /// <summary>SQLite: connections for reads. A read is short and mostly in memory, so a few per core are enough.</summary>
    public int ReadConnections { get; init; } = 8;

    /// <summary>SQLite: how long to wait for another process that holds the file.</summary>
    public TimeSpan BusyTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// PostgreSQL: how often a transaction is run again after a deadlock or serialization failure. Its opponent has gone ahead by then.
    /// </summary>
    public int MaxTransactionRetries { get; init; } = 5;
}
