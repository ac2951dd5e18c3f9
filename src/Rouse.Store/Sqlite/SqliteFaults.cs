using Rouse.Store.Sqlite.Provider;

namespace Rouse.Store.Sqlite;

/// <summary>Which errors are the storage's and not the statement's.</summary>
internal static class SqliteFaults
{
    public static bool IsFatal(SqliteException error) => error.Code is SqliteNative.IoError or SqliteNative.Corrupt or SqliteNative.NotADatabase;

    public static bool IsOfStorage(SqliteException error) =>
        IsFatal(error) || error.Code is SqliteNative.Full or SqliteNative.Busy or SqliteNative.Locked or SqliteNative.CannotOpen;

    public static Exception Translate(SqliteException error) => error.Code switch
    {
        SqliteNative.Full => new StorageException(
            StorageCodes.Full, "The disk that holds the database is full. Free some space; writes then go on by themselves.", error),
        _ when IsFatal(error) => new StorageException(
            StorageCodes.Failed, $"The database file cannot be trusted any more ({error.Message}). Check the disk, then start again.", error),
        _ when IsOfStorage(error) => new StorageException(StorageCodes.Unavailable, $"The database is not available: {error.Message}", error),
        _ => error,
    };
}
