using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Rouse.Contracts.Telemetry;

namespace Rouse.Server.Telemetry;

/// <summary>
/// Spans of this process, sent by OTLP where the standard <c>OTEL_EXPORTER_OTLP_*</c> variables say. Sampling is the standard one: as the caller decided,
/// else always.
/// </summary>
internal static class ServerTracing
{
    public static ActivitySource Source { get; } = new(Tracing.ServerSource);

    /// <returns>Null where no endpoint is set: then nothing is listened to.</returns>
    public static TracerProvider? Start(Func<string, string?> variable, Uri? endpoint = null)
    {
        if (endpoint is null && Endpoint(variable) is null) return null;
        return Sdk.CreateTracerProviderBuilder()
            .ConfigureResource(resource => resource.AddService("rouse-server"))
            .AddSource(Tracing.ServerSource, "Microsoft.AspNetCore")
            .AddProcessor(new OnlyKnownTags())
            .AddOtlpExporter(exporter => Configure(exporter, endpoint))
            .Build();
    }

    private static string? Endpoint(Func<string, string?> variable) =>
        variable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") is { Length: > 0 } traces ? traces
        : variable("OTEL_EXPORTER_OTLP_ENDPOINT") is { Length: > 0 } all ? all
        : null;

    private static void Configure(OtlpExporterOptions exporter, Uri? endpoint)
    {
        if (endpoint is null) return;
        (exporter.Endpoint, exporter.Protocol) = (new Uri(endpoint, "/v1/traces"), OtlpExportProtocol.HttpProtobuf);
    }

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
