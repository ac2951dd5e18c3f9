using System.Diagnostics;

namespace Rouse.Contracts.Telemetry;

/// <summary>
/// The spans Rouse makes, by name and tag: closed sets, so that no token, prompt, path or query can get into one. Nothing is made, and next to nothing
/// spent, while nobody listens.
/// </summary>
public static class Tracing
{
    public const string ServerSource = "Rouse.Server";
    public const string WorkerSource = "Rouse.Worker";

    /// <summary>Tags that may leave the process; all others are taken off before.</summary>
    public static IReadOnlySet<string> Tags { get; } = new HashSet<string>(StringComparer.Ordinal)
    {
        "rouse.deployment", "rouse.attempt", "rouse.job", "rouse.phase", "rouse.provider", "rouse.call", "rouse.outcome",
        "http.request.method", "http.response.status_code", "http.route", "url.scheme", "network.protocol.version", "error.type",
    };

    /// <summary>A span that goes on a trace begun elsewhere, if that is known and well formed.</summary>
    public static Activity? Continue(this ActivitySource source, string name, ActivityKind kind, string? traceParent) =>
        ActivityContext.TryParse(traceParent, traceState: null, isRemote: true, out var parent)
            ? source.StartActivity(name, kind, parent)
            : source.StartActivity(name, kind);

    /// <summary>What is kept for whoever goes on with this trace: W3C's <c>traceparent</c>, 55 characters; null outside of one.</summary>
    public static string? TraceParent => Activity.Current is { IdFormat: ActivityIdFormat.W3C, Recorded: true, Id: { Length: 55 } id } ? id : null;
}
