using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Rouse.Contracts.Telemetry;

namespace Rouse.Worker.Telemetry;

/// <summary>
/// Spans of this process, sent by OTLP where the standard <c>OTEL_EXPORTER_OTLP_*</c> variables say. Sampling is the standard one: as the caller decided,
/// else always.
/// </summary>
internal static class WorkerTracing
{
    public static ActivitySource Source { get; } = new(Tracing.WorkerSource);

    /// <returns>Null where no endpoint is set: then nothing is listened to.</returns>
    public static TracerProvider? Start(Func<string, string?> variable)
    {
        if (Endpoint(variable) is null) return null;
        return Sdk.CreateTracerProviderBuilder()
            .ConfigureResource(resource => resource.AddService("rouse-worker"))
            .AddSource(Tracing.WorkerSource)
            .AddProcessor(new OnlyKnownTags())
            .AddOtlpExporter()
            .Build();
    }

    private static string? Endpoint(Func<string, string?> variable) =>
        variable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") is { Length: > 0 } traces ? traces
        : variable("OTEL_EXPORTER_OTLP_ENDPOINT") is { Length: > 0 } all ? all
        : null;

    /// <summary>Takes everything off a span that is not in <see cref="Tracing.Tags"/>: the framework's own spans tell paths and addresses.</summary>
    private sealed class OnlyKnownTags : BaseProcessor<Activity>
    {
        public override void OnEnd(Activity data)
        {
            foreach (var (name, _) in data.TagObjects.ToList())
            {
                if (!Tracing.Tags.Contains(name)) data.SetTag(name, null);
            }
        }
    }
}
