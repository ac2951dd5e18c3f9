namespace Rouse.Contracts.Deployments;

/// <summary>Data of the SSE event <c>status</c>.</summary>
public sealed record StatusEvent
{
    public required string DeploymentId { get; init; }

    public required string Status { get; init; }

    public string? EndpointUrl { get; init; }

    public string? Error { get; init; }

    public string? ErrorCode { get; init; }

    /// <summary>With <c>ready</c>, where the worker that made it so has told what its start took.</summary>
    public ColdStartView? ColdStart { get; init; }

    public required int EstimatedRemainingSeconds { get; init; }

    public required DateTimeOffset Timestamp { get; init; }
}

/// <summary>Data of the SSE event <c>log</c>.</summary>
public sealed record LogEvent(string DeploymentId, DateTimeOffset Timestamp, string Level, string Message);

/// <summary>Data of the SSE event <c>done</c>, the last of a log stream.</summary>
/// <param name="Status"><c>failed</c> or <c>deleted</c>.</param>
public sealed record DoneEvent(string DeploymentId, string Status);

/// <summary>Data of the SSE event <c>progress</c>: how far a measurable part of the start is.</summary>
/// <param name="Stage">What is measured: <c>download</c> or <c>load</c>.</param>
/// <param name="Done">In <paramref name="Unit"/>.</param>
/// <param name="Total">In <paramref name="Unit"/>; null while unknown.</param>
/// <param name="Unit"><c>bytes</c> or <c>steps</c>.</param>
public sealed record ProgressEvent(string DeploymentId, DateTimeOffset Timestamp, string Stage, long Done, long? Total, string Unit);
