namespace Rouse.Store;

/// <summary>Times in the database: whole milliseconds since 1970, UTC.</summary>
internal static class UnixTime
{
    public static long UnixNow(this TimeProvider time) => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Now, as a row will give it back.</summary>
    public static DateTimeOffset StoredNow(this TimeProvider time) => From(time.UnixNow());

    public static DateTimeOffset From(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    public static DateTimeOffset? From(long? milliseconds) => milliseconds is { } at ? From(at) : null;

    public static long? To(DateTimeOffset? at) => at?.ToUnixTimeMilliseconds();
}
