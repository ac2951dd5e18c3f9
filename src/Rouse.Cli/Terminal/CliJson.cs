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
[JsonSerializable(typeof(ToldDemo))]
[JsonSerializable(typeof(DemoInput))]
internal sealed partial class CliJson : JsonSerializerContext;
