using Rouse.Worker.Engines;
using Rouse.Worker.Lifetime;

namespace Rouse.Worker.Telemetry;

/// <summary>What a worker answers when it is asked how it is. A worker that answers at all lives: a download of an hour is no reason to kill it.</summary>
internal sealed class WorkerHealth(Shutdown shutdown)
{
    private volatile IEngine? _engine;

    /// <summary>The worker's measures in the text format of Prometheus; null where it keeps none.</summary>
    public Func<string>? Metrics { get; init; }

    /// <summary>The model is loaded, jobs are asked for.</summary>
    public void Serves(IEngine engine) => _engine = engine;

    /// <summary><c>starting</c>, <c>ready</c>, <c>waiting</c> (no job is taken: the engine's server is away) or <c>draining</c> (also of a worker whose engine broke).</summary>
    public string Word =>
        shutdown.Draining.IsCancellationRequested ? "draining"
        : _engine is not { } engine ? "starting"
        : engine.IsReady ? Ready
        : "waiting";

    private const string Ready = "ready";

    /// <param name="path">Without a query.</param>
    public HealthAnswer Answer(string path) => path switch
    {
        "/livez" => new HealthAnswer(200, Word),
        "/readyz" => Readiness(Word),
        "/metrics" when Metrics is { } measures => new HealthAnswer(200, measures(), "text/plain; version=0.0.4; charset=utf-8"),
        _ => new HealthAnswer(404, "Ask for /livez, /readyz or /metrics."),
    };

    private static HealthAnswer Readiness(string word) => new(word == Ready ? 200 : 503, word);
}

internal readonly record struct HealthAnswer(int Status, string Body, string MediaType = "text/plain; charset=utf-8");
