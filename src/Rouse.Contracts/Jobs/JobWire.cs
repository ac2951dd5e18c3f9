using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Rouse.Contracts.Jobs;

// Names are spelled out where camelCase and the snake_case of /v1 differ, so that one OpenAPI document can describe both.

/// <summary>Body of <c>POST /v2/{deployment}/run</c> and <c>/runsync</c>, as Runpod's.</summary>
public sealed record RunRequest
{
    /// <summary>What browsers and proxies agree to carry.</summary>
    public const int MaxWebhookLength = 2048;

    /// <summary>A non-empty JSON object; reaches the handler unchanged.</summary>
    [JsonObject(MinMembers = 1)]
    public required JsonElement Input { get; init; }

    /// <summary>http(s) URL that gets the whole job when it has ended.</summary>
    [MaxLength(MaxWebhookLength)]
    public string? Webhook { get; init; }

    public JobPolicy? Policy { get; init; }

    [JsonPropertyName("s3Config")]
    [JsonObject]
    public JsonElement? S3Config { get; init; }
}

public sealed record JobPolicy
{
    /// <summary>ms a worker may take: 5,000 to 604,800,000; default 600,000.</summary>
    [Range(5_000, 604_800_000)]
    [JsonPropertyName("executionTimeout")]
    public long? ExecutionTimeout { get; init; }

    /// <summary>ms from submission until the job is dropped if it has not ended: 10,000 to 604,800,000; default 86,400,000.</summary>
    [Range(10_000, 604_800_000)]
    public long? Ttl { get; init; }

    /// <summary>Taken only when no other job waits.</summary>
    [JsonPropertyName("lowPriority")]
    public bool? LowPriority { get; init; }
}

/// <summary>A job as run, runsync, status, cancel and retry show it. Absent members are left out.</summary>
public sealed record JobView
{
    public required string Id { get; init; }

    /// <summary>IN_QUEUE, IN_PROGRESS, COMPLETED, FAILED, CANCELLED or TIMED_OUT.</summary>
    public required string Status { get; init; }

    /// <summary>ms from submission (or retry) until a worker took it.</summary>
    [JsonPropertyName("delayTime")]
    public long? DelayTime { get; init; }

    /// <summary>ms a worker had it.</summary>
    [JsonPropertyName("executionTime")]
    public long? ExecutionTime { get; init; }

    public JsonElement? Output { get; init; }

    public string? Error { get; init; }

    /// <summary>How often it was given out again because its worker was lost.</summary>
    public int? Retries { get; init; }

    [JsonPropertyName("workerId")]
    public string? WorkerId { get; init; }
}

public sealed record StreamReply(string Status, IReadOnlyList<StreamChunk> Stream);

public sealed record StreamChunk(JsonElement Output);

/// <summary>What a worker's take gets, as runpod-python reads it.</summary>
public sealed record WorkerJob
{
    public required string Id { get; init; }

    [JsonObject]
    public required JsonElement Input { get; init; }

    public string? Webhook { get; init; }

    /// <summary>ms it waited.</summary>
    [JsonPropertyName("delayTime")]
    public required long DelayTime { get; init; }

    /// <summary>ms the worker may take.</summary>
    [JsonPropertyName("executionTimeout")]
    public required long ExecutionTimeout { get; init; }

    [JsonPropertyName("s3Config")]
    [JsonObject]
    public JsonElement? S3Config { get; init; }
}

/// <summary>Which jobs a worker is to stop.</summary>
public sealed record JobsToStop([property: JsonPropertyName("jobsToStop")] IReadOnlyList<string> Jobs);

/// <summary>An empty object: noted.</summary>
public sealed record Noted;

public sealed record PurgeReply(int Removed, string Status);

public sealed record EndpointHealth(JobCounts Jobs, WorkerCounts Workers);

public sealed record JobCounts(
    long Completed, long Failed, [property: JsonPropertyName("inProgress")] long InProgress, [property: JsonPropertyName("inQueue")] long InQueue, long Retried);

public sealed record WorkerCounts(int Idle, int Initializing, int Ready, int Running, int Throttled, int Unhealthy);
