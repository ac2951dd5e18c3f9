namespace Rouse.Contracts.Costs;

/// <summary>What the requests to a service came to within a time.</summary>
public sealed record DeploymentUsage
{
    public required string DeploymentId { get; init; }

    /// <summary>Inclusive, of when a request came.</summary>
    public required DateTimeOffset StartTime { get; init; }

    /// <summary>Exclusive.</summary>
    public required DateTimeOffset EndTime { get; init; }

    public required long Requests { get; init; }

    /// <summary>Those that were queued; the callers of the others waited.</summary>
    public required long QueuedRequests { get; init; }

    public required UsageByStatus Status { get; init; }

    /// <summary>Requests that found nobody ready.</summary>
    public required long ColdStarts { get; init; }

    /// <summary>Of the requests' bodies.</summary>
    public required long BytesIn { get; init; }

    /// <summary>Of the answers' bodies.</summary>
    public required long BytesOut { get; init; }

    /// <summary>Until a request was sent.</summary>
    public required UsageTimes WaitedMs { get; init; }

    /// <summary>From a request's coming to its last byte.</summary>
    public required UsageTimes DurationMs { get; init; }
}

/// <param name="Ok">1xx to 3xx.</param>
/// <param name="ClientError">4xx.</param>
/// <param name="ServerError">5xx.</param>
/// <param name="None">No answer: the caller left, or the service gave none.</param>
public sealed record UsageByStatus(long Ok, long ClientError, long ServerError, long None);

/// <summary>Nearest ranks; 0 where there was no request.</summary>
public sealed record UsageTimes(long P50, long P95, long P99);
