namespace Rouse.Contracts.Jobs;

/// <summary>A request to a service that was queued.</summary>
/// <param name="Status"><c>queued</c>.</param>
/// <param name="PodId">As the caller named it.</param>
/// <param name="Position">In the queue, from 1; 0 when it waits no more.</param>
/// <param name="Message">For people.</param>
public sealed record QueuedReply(string Status, string JobId, string PodId, int Position, string Message, string StatusUrl, string ResultUrl);

/// <summary>A queued request as its caller sees it.</summary>
public sealed record QueuedRequestView
{
    public required string JobId { get; init; }

    public required string DeploymentId { get; init; }

    /// <summary>queued, running, completed, failed, cancelled or timed_out.</summary>
    public required string Status { get; init; }

    /// <summary>In the queue, from 1; 0 when it waits no more.</summary>
    public required int Position { get; init; }

    public required DateTimeOffset QueuedAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Begins with a code where the fault is not the service's own.</summary>
    public string? Error { get; init; }

    /// <summary>Each sending to the service, the first one first.</summary>
    public required IReadOnlyList<RequestAttemptView> Attempts { get; init; }

    public required string ResultUrl { get; init; }
}

/// <param name="Outcome">answered, server_error, connection_fault, timed_out, stopped, interrupted or spool_corrupt; absent while it is in the air.</param>
/// <param name="StatusCode">The service's; absent when it gave none.</param>
public sealed record RequestAttemptView(int Number, DateTimeOffset BeganAt, DateTimeOffset? EndedAt, string? Outcome, int? StatusCode, string? Error);

/// <summary>A service, as the pods it runs on are asked after.</summary>
/// <param name="PodId">As the caller named it.</param>
/// <param name="PodStatus">RUNNING, STARTING, EXITED, FAILED or TERMINATED.</param>
/// <param name="EndpointUrl">Where it is reached, asleep or not.</param>
/// <param name="QueueSize">Queued requests that wait.</param>
/// <param name="Running">Those that are at the service.</param>
/// <param name="LastError">Of the newest sending that went wrong, or why it does not start.</param>
public sealed record PodStatusReply(string PodId, string DeploymentId, string PodStatus, string EndpointUrl, int QueueSize, int Running, int MaxQueueSize, string? LastError);
