namespace Rouse.Core.Jobs;

/// <summary>
/// Where a job is. Queued ⇄ running (a lost worker's job goes back), then one of four ends; only <see cref="JobStatuses.MayRetry"/> leads out
/// of an end.
/// </summary>
public enum JobStatus
{
    InQueue,
    InProgress,
    Completed,
    Failed,
    Cancelled,
    TimedOut,
}

public static class JobStatuses
{
    public static bool HasEnded(this JobStatus status) => status >= JobStatus.Completed;

    public static bool MayRetry(this JobStatus status) => status is JobStatus.Failed or JobStatus.TimedOut;

    /// <summary>The word on the wire and in the store.</summary>
    public static string Word(this JobStatus status) => status switch
    {
        JobStatus.InQueue => "IN_QUEUE",
        JobStatus.InProgress => "IN_PROGRESS",
        JobStatus.Completed => "COMPLETED",
        JobStatus.Failed => "FAILED",
        JobStatus.Cancelled => "CANCELLED",
        JobStatus.TimedOut => "TIMED_OUT",
        _ => throw new ArgumentOutOfRangeException(nameof(status)),
    };

    /// <exception cref="FormatException">The word is none of ours: the row was written by a newer version or damaged.</exception>
    public static JobStatus Parse(string word) => word switch
    {
        "IN_QUEUE" => JobStatus.InQueue,
        "IN_PROGRESS" => JobStatus.InProgress,
        "COMPLETED" => JobStatus.Completed,
        "FAILED" => JobStatus.Failed,
        "CANCELLED" => JobStatus.Cancelled,
        "TIMED_OUT" => JobStatus.TimedOut,
        _ => throw new FormatException($"'{word}' is not a job status."),
    };
}
