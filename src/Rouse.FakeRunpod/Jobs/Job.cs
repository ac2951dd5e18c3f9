using System.Text.Json.Nodes;
using Rouse.FakeRunpod.Serverless;

namespace Rouse.FakeRunpod.Jobs;

/// <summary>One job of an endpoint's queue.</summary>
internal sealed class Job(string id, JsonObject request, bool isSync, DateTimeOffset createdAt)
{
    public string Id { get; } = id;

    /// <summary>As the caller sent it.</summary>
    public JsonObject Request { get; } = request;

    public bool IsSync { get; } = isSync;

    public DateTimeOffset CreatedAt { get; } = createdAt;

    public JobStatus Status { get; set; }

    public DateTimeOffset QueuedAt { get; set; } = createdAt;

    public DateTimeOffset? StartedAt { get; set; }

    public DateTimeOffset? EndedAt { get; set; }

    public Worker? Worker { get; set; }

    /// <summary>Who had it last; shown in /status.</summary>
    public string? WorkerId { get; set; }

    public int Retries { get; set; }

    public JsonNode? Output { get; set; }

    public string? Error { get; set; }

    /// <summary>Streamed and not yet read by a caller.</summary>
    public List<JsonNode> Chunks { get; } = [];

    public bool IsOver => Status is not (JobStatus.InQueue or JobStatus.InProgress);

    public static string Word(JobStatus status) => status switch
    {
        JobStatus.InQueue => "IN_QUEUE",
        JobStatus.InProgress => "IN_PROGRESS",
        JobStatus.Completed => "COMPLETED",
        JobStatus.Failed => "FAILED",
        JobStatus.Cancelled => "CANCELLED",
        _ => "TIMED_OUT",
    };
}
