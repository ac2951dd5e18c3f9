using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace Rouse.Worker.Telemetry;

/// <summary>The worker's meter, sent by OTLP where the standard <c>OTEL_EXPORTER_OTLP_*</c> variables say.</summary>
internal static class WorkerMetering
{
    /// <returns>Null where no endpoint is set: then nothing is listened to.</returns>
    public static MeterProvider? Start(Func<string, string?> variable)
    {
        if (variable("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT") is not { Length: > 0 } && variable("OTEL_EXPORTER_OTLP_ENDPOINT") is not { Length: > 0 }) return null;
        return Sdk.CreateMeterProviderBuilder()
            .ConfigureResource(resource => resource.AddService("rouse-worker"))
            .AddMeter(JobMetrics.MeterName)
            .AddOtlpExporter()
            .Build();
    }
}
