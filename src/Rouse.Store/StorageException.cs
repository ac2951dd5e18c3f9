namespace Rouse.Store;

/// <summary>The database cannot do its work now, whatever the request was. Nothing of the failed call was acknowledged.</summary>
public sealed class StorageException(string code, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>One of <see cref="StorageCodes"/>.</summary>
    public string Code { get; } = code;
}

public static class StorageCodes
{
    /// <summary>The location names no known engine.</summary>
    public const string BadLocation = "storage_location_invalid";

    /// <summary>No answer, or busy beyond the time allowed. Trying again may help.</summary>
    public const string Unavailable = "storage_unavailable";

    /// <summary>No space left. Works again once there is some.</summary>
    public const string Full = "storage_full";

    /// <summary>The engine reported an I/O error or damage; nothing more is written until a restart.</summary>
    public const string Failed = "storage_failed";

    /// <summary>The engine is set up so that an acknowledged write could be lost.</summary>
    public const string NotDurable = "storage_not_durable";

    /// <summary>A newer Rouse has written this database.</summary>
    public const string SchemaTooNew = "schema_too_new";
}
