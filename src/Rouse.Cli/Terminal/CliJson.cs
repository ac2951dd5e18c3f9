using System.Text.Json;
using System.Text.Json.Serialization;
using Rouse.Contracts.Deployments;

namespace Rouse.Cli.Terminal;

/// <summary>An error as <c>-o json</c> shows it, on stderr.</summary>
internal sealed record ToldFailure(ToldError Error);

internal sealed record ToldError(string Code, string Message, string Next, int ExitCode);

/// <summary>What <c>ls -o json</c> prints.</summary>
internal sealed record ToldList(IReadOnlyList<DeploymentView> Deployments, int Total);

/// <summary>One line of <c>events -o json</c>.</summary>
internal sealed record ToldEvent(string? Id, string Event, JsonElement Data);

/// <summary>What <c>run -o file --format json</c> prints: a job whose pictures are in files.</summary>
internal sealed record ToldRun(
    string Id,
    string Status,
    [property: JsonPropertyName("delayTime")] long? DelayTime,
    [property: JsonPropertyName("executionTime")] long? ExecutionTime,
    [property: JsonPropertyName("workerId")] string? WorkerId,
    IReadOnlyList<string> Files,
    JsonElement Output);

/// <summary>What <c>rm -o json</c> prints for each deployment.</summary>
internal sealed record ToldRemoval(string DeploymentId, string Status, DateTimeOffset? ResourcesReleasedAt);

internal sealed record ToldVersion(string Version, string Runtime, string Platform);

/// <summary>What <c>backup -o json</c> and <c>restore -o json</c> print.</summary>
internal sealed record ToldBackup(string Path, long Bytes, long Schema, long Deployments, IReadOnlyList<string> MasterKeyIds);

internal sealed record ToldPhase(string Phase, double Seconds);

/// <summary>What <c>demo</c> writes to <c>rouse-demo.json</c>.</summary>
internal sealed record ToldDemo
{
    public required string DeploymentId { get; init; }

    public required IReadOnlyList<ToldPhase> Phases { get; init; }

    public required double DeployToReadySeconds { get; init; }

    public required long DelayTimeMs { get; init; }

    public required long ExecutionTimeMs { get; init; }

    /// <summary>Size of the picture.</summary>
    public required long Bytes { get; init; }

    public required string Prompt { get; init; }

    public required long Seed { get; init; }
}

/// <summary>What <c>smoke</c> prints.</summary>
internal sealed record ToldSmoke
{
    public required bool HealthOk { get; init; }

    public required bool ReadinessOk { get; init; }

    /// <summary>Null when the key may not see metrics.</summary>
    public required bool? MetricsOk { get; init; }

    public double? CreateLatencyMs { get; init; }

    public double? ReadyLatencySec { get; init; }

    public string? FinalStatus { get; init; }

    public int? DeleteStatusCode { get; init; }

    /// <summary>Whether the server has seen that nothing of the deployment is left.</summary>
    public bool? Released { get; init; }

    public required IReadOnlyList<string> Errors { get; init; }
}

/// <summary>What <c>e2e</c> writes and prints.</summary>
internal sealed record ToldE2e
{
    public required string Server { get; init; }

    public string? DeploymentId { get; init; }

    public string? ModelId { get; init; }

    public string? Provider { get; init; }

    public string? Gpu { get; init; }

    public double? CreateLatencyMs { get; init; }

    public double? T1DeployToReadySec { get; init; }

    public IReadOnlyList<ToldPhase> Phases { get; init; } = [];

    /// <summary>From sending the job to holding its result.</summary>
    public double? T2InferenceSec { get; init; }

    /// <summary>How long the job waited for a worker, as the provider counts.</summary>
    public long? DelayTimeMs { get; init; }

    public long? ExecutionTimeMs { get; init; }

    public string? Picture { get; init; }

    public long? PictureBytes { get; init; }

    public string? FinalStatus { get; init; }

    public int? DeleteStatusCode { get; init; }

    public bool? Released { get; init; }

    public decimal? EstimatedCostUsd { get; init; }

    public required IReadOnlyList<string> Errors { get; init; }
}

/// <summary>The demo's job.</summary>
internal sealed record DemoInput(string Prompt, int NumInferenceSteps, int Seed);

/// <summary>What the CLI itself prints as JSON: snake_case like the API's.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ToldFailure))]
[JsonSerializable(typeof(ToldList))]
[JsonSerializable(typeof(ToldEvent))]
[JsonSerializable(typeof(ToldRun))]
[JsonSerializable(typeof(ToldRemoval))]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(LogEvent))]
[JsonSerializable(typeof(ToldVersion))]
[JsonSerializable(typeof(ToldBackup))]
[JsonSerializable(typeof(ToldDemo))]
[JsonSerializable(typeof(ToldSmoke))]
[JsonSerializable(typeof(ToldE2e))]
[JsonSerializable(typeof(DemoInput))]
internal sealed partial class CliJson : JsonSerializerContext;
