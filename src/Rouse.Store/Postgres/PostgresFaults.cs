using Npgsql;

namespace Rouse.Store.Postgres;

/// <summary>Which errors are the server's and not the statement's (https://www.postgresql.org/docs/15/errcodes-appendix.html).</summary>
internal static class PostgresFaults
{
    public static bool IsConflict(PostgresException error) =>
        error.SqlState is PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected;

    public static bool IsOfStorage(NpgsqlException error) =>
        error is not PostgresException answer || answer.IsTransient || IsFull(answer) || IsClosing(answer);

    public static Exception Translate(NpgsqlException error) => error is PostgresException answer && IsFull(answer)
        ? new StorageException(StorageCodes.Full, "PostgreSQL's disk is full. Free some space; writes then go on by themselves.", error)
        : new StorageException(StorageCodes.Unavailable, $"PostgreSQL is not available: {error.Message}", error);

    private static bool IsFull(PostgresException error) => error.SqlState is PostgresErrorCodes.DiskFull;

    // Class 57P: the server is stopping, starting, or has crashed.
    private static bool IsClosing(PostgresException error) => error.SqlState.StartsWith("57P", StringComparison.Ordinal);
}
