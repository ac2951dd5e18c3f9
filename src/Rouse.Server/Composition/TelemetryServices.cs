using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry.Trace;
using Rouse.Server.Telemetry;

namespace Rouse.Server.Composition;

/// <summary>Tracing, where somebody set an OTLP endpoint; nothing at all elsewhere.</summary>
internal static class TelemetryServices
{
    public static void Add(IServiceCollection services, RouseHostOptions options) => services.AddHostedService(_ => new Spans(options.OtlpEndpoint));

    /// <summary>What workers on this machine need to send theirs to the same place.</summary>
    public static IReadOnlyDictionary<string, string> ForLocalWorkers(RouseHostOptions options)
    {
        var passed = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in new[] { "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL" })
        {
            if (Environment.GetEnvironmentVariable(name) is { Length: > 0 } value) passed[name] = value;
        }

        if (options.OtlpEndpoint is { } endpoint) (passed["OTEL_EXPORTER_OTLP_ENDPOINT"], passed["OTEL_EXPORTER_OTLP_PROTOCOL"]) = (endpoint.ToString(), "http/protobuf");
        return passed;
    }

    /// <summary>Held as long as the server runs; what is left is sent when it stops.</summary>
    private sealed class Spans(Uri? endpoint) : IHostedService
    {
        private TracerProvider? _provider;

        public Task StartAsync(CancellationToken cancellationToken)
        {
            _provider = ServerTracing.Start(Environment.GetEnvironmentVariable, endpoint);
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken)
        {
            _provider?.Dispose();
            return Task.CompletedTask;
        }
    }
}
