namespace Rouse.Server.Events;

/// <summary>The words for levels on <c>/v1</c>: the seed's, which are Python's.</summary>
internal static class LogLevels
{
    public const string Info = "INFO";

    /// <summary>One of the four words, whatever a worker calls it.</summary>
    public static string Normalize(string? level) => level?.ToUpperInvariant() switch
    {
        "DEBUG" or "TRACE" => "DEBUG",
        "WARN" or "WARNING" => "WARNING",
        "ERROR" or "CRITICAL" or "FATAL" => "ERROR",
        _ => Info,
    };
}
