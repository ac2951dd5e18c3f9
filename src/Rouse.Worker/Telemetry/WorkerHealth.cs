using Rouse.Worker.Lifetime;

namespace Rouse.Worker.Telemetry;

/// <summary>What a worker answers when it is asked how it is. A worker that answers at all lives: a download of an hour is no reason to kill it.</summary>
internal sealed class WorkerHealth(Shutdown shutdown)
{
    private volatile bool _serves;

    /// <summary>The worker's measures in the text format of Prometheus; null where it keeps none.</summary>
    public Func<string>? Metrics { get; init; }

    /// <summary>The model is loaded, jobs are asked for.</summary>
    public void Serves() => _serves = true;

    public bool IsReady => _serves && !shutdown.Draining.IsCancellationRequested;

    /// <summary><c>starting</c>, <c>ready</c> or <c>draining</c>.</summary>
    public string Word => shutdown.Draining.IsCancellationRequested ? "draining" : _serves ? "ready" : "starting";

    /// <param name="path">Without a query.</param>
    public HealthAnswer Answer(string path) => path switch
    {
        "/livez" => new HealthAnswer(200, Word),
        "/readyz" => new HealthAnswer(IsReady ? 200 : 503, Word),
        "/metrics" when Metrics is { } measures => new HealthAnswer(200, measures(), "text/plain; version=0.0.4; charset=utf-8"),
        _ => new HealthAnswer(404, "Ask for /livez or /readyz."),
    };
}

internal readonly record struct HealthAnswer(int Status, string Body, string MediaType = "text/plain; charset=utf-8");
