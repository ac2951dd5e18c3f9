using Rouse.Contracts.Webhooks;
using Rouse.Worker.Engines;
using Rouse.Worker.ModelFiles;
using Rouse.Worker.Outputs;
using Rouse.Worker.Weights;

namespace Rouse.Worker.Configuration;

/// <summary>All a worker is told by its environment, read and checked once.</summary>
internal sealed record WorkerSettings
{
    public required string WorkerId { get; init; }

    /// <summary>Tells this life of the worker from the one before: a container that is started again in place keeps its worker's id.</summary>
    public required string Run { get; init; }

    public required EngineSettings Engine { get; init; }

    /// <summary>A folder used in place; when null, <see cref="Model"/> is fetched from the hub.</summary>
    public string? ModelPath { get; init; }

    /// <summary>Null with a <see cref="ModelPath"/>, and where the engine needs no model.</summary>
    public HubModel? Model { get; init; }

    public required HubSettings Hub { get; init; }

    /// <summary>Model files that jobs name by URL.</summary>
    public required LibrarySettings Models { get; init; }

    /// <summary>Null on a plain Runpod endpoint: nobody to report to.</summary>
    public ControlPlane? Control { get; init; }

    /// <summary>Whether the control plane may know a copy of the model in an object store.</summary>
    public bool AsksForCache { get; init; }

    public required JobPlane Jobs { get; init; }

    public required OutputSettings Outputs { get; init; }

    /// <summary>What answers call the model.</summary>
    public string ModelName => Model?.Id ?? (ModelPath is { } path ? Path.GetFileName(Path.TrimEndingDirectorySeparator(path)) : "its own model");

    /// <summary>The trace its start belongs to; null where nobody traces.</summary>
    public string? TraceParent { get; init; }

    /// <summary>Time without a job after which it asks to be put away; zero: never.</summary>
    public required TimeSpan IdleLimit { get; init; }

    /// <summary>Jobs failed in a row that make its machine a broken one.</summary>
    public required int FailureLimit { get; init; }

    /// <summary>Nobody replaces it when it ends, so a broken machine is told as the deployment's failure.</summary>
    public required bool IsSole { get; init; }

    /// <summary>Silence of every server it talks to after which the worker ends itself, so that a forgotten machine stops costing.</summary>
    public required TimeSpan SilenceLimit { get; init; }

    /// <summary>Where probes are answered; null: nowhere.</summary>
    public int? HealthPort { get; init; }

    /// <summary>Values that no log line may show.</summary>
    public IReadOnlyList<string> Secrets =>
        [.. new[] { Control?.Secret.Reveal(), Jobs.Key, Hub.Token, Outputs.Bucket?.KeyId, Outputs.Bucket?.Secret }
            .OfType<string>().Concat(Engine.Secrets).Distinct(StringComparer.Ordinal)];
}

/// <param name="ReportsUrl">Where this attempt's reports go.</param>
/// <param name="Secret">Signs them; never sent.</param>
/// <param name="TunnelLogs">False where the provider captures stdout itself.</param>
internal sealed record ControlPlane(Uri ReportsUrl, WebhookSecret Secret, bool TunnelLogs);

/// <summary>Runpod's URL templates as given, and the key sent raw as <c>Authorization</c>.</summary>
internal sealed record JobPlane(string GetJob, string PostOutput, string? PostStream, string? Ping, string? Key, TimeSpan PingInterval);
