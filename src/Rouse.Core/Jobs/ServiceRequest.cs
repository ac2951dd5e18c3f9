namespace Rouse.Core.Jobs;

/// <summary>A request that a job sends to a service. Parsed and checked; the headers are those that may be forwarded.</summary>
/// <param name="Method">In capitals.</param>
/// <param name="Target">Path and query, from the root.</param>
/// <param name="Body">Null for none.</param>
public sealed record ServiceRequest(string Method, string Target, IReadOnlyList<KeyValuePair<string, string>> Headers, SpooledBody? Body)
{
    /// <summary>Its caller said that sending it twice does no harm, by an <c>Idempotency-Key</c>.</summary>
    public bool IsRepeatable { get; init; }

    /// <summary>RFC 9110 §9.2.2: doing it twice is as doing it once.</summary>
    public bool MayBeSentTwice => IsRepeatable || Method is "GET" or "HEAD" or "OPTIONS" or "PUT" or "DELETE";
}

/// <summary>Bytes of a body that lie in the spool.</summary>
/// <param name="Name">Of the file.</param>
/// <param name="Sha256">Of its bytes, when they came.</param>
public sealed record SpooledBody(string Name, long Bytes, byte[] Sha256);

/// <summary>What a service answered, as it is kept for the caller.</summary>
/// <param name="Headers">Those that may be relayed.</param>
/// <param name="Body">Null for none.</param>
public sealed record KeptReply(int Status, IReadOnlyList<KeyValuePair<string, string>> Headers, SpooledBody? Body);

/// <summary>One sending of a job's request.</summary>
/// <param name="Number">From 1; goes on counting when the job is retried by its caller.</param>
/// <param name="Ended">Null while it is in the air, or was when its server was killed.</param>
/// <param name="Status">The backend's; null when it gave none.</param>
/// <param name="Error">What went wrong, for the caller to read.</param>
/// <param name="Backend">Where it was sent.</param>
public sealed record RequestAttempt(int Number, DateTimeOffset Began, DateTimeOffset? Ended, AttemptEnd? Outcome, int? Status, string? Error, string Backend);

/// <summary>What became of a <see cref="RequestAttempt"/>. The words lie in the store.</summary>
public enum AttemptEnd
{
    /// <summary>An answer below 500, whole.</summary>
    Answered,

    /// <summary>An answer of 500 or more.</summary>
    ServerError,

    /// <summary>No whole answer: no connection, or one that broke.</summary>
    ConnectionFault,

    /// <summary>Silent for too long.</summary>
    TimedOut,

    /// <summary>Its job was cancelled or ran out of time.</summary>
    Stopped,

    /// <summary>The server went away while it was in the air.</summary>
    Interrupted,

    /// <summary>Its body is not any more what came.</summary>
    SpoolCorrupt,
}
