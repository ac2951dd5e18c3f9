using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Rouse.Server.Metrics;

/// <summary>What this process counts about itself, from the framework's own instruments. Labels are closed sets: status classes, never paths.</summary>
internal sealed class ServerFigures : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly long[] _requestsByClass = new long[6];
    private long _requestMicroseconds;
    private long _webhookFailures;

    public ServerFigures()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument is { Meter.Name: "Microsoft.AspNetCore.Hosting", Name: "http.server.request.duration" }) listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<double>((_, seconds, tags, _) => Count(seconds, tags));
        _listener.Start();
    }

    public long WebhookFailures => Interlocked.Read(ref _webhookFailures);

    public void CountWebhookFailure() => Interlocked.Increment(ref _webhookFailures);

    public void WriteTo(PrometheusText text)
    {
        text.Family("rouse_webhook_failures_total", "counter", "Webhook deliveries that were given up, since this process began.")
            .Sample("rouse_webhook_failures_total", WebhookFailures)
            .Family("rouse_http_requests_total", "counter", "Requests answered since this process began, by class of status.");
        for (var status = 1; status < _requestsByClass.Length; status++)
        {
            text.Sample("rouse_http_requests_total", Interlocked.Read(ref _requestsByClass[status]), ("class", $"{status}xx"));
        }

        text.Family("rouse_http_request_seconds_total", "counter", "Time spent on those requests; streams count until they end.")
            .Sample("rouse_http_request_seconds_total", Interlocked.Read(ref _requestMicroseconds) / 1e6)
            .Family("process_resident_memory_bytes", "gauge", "Resident memory of this process.")
            .Sample("process_resident_memory_bytes", Environment.WorkingSet);
        using var self = Process.GetCurrentProcess();
        text.Family("process_cpu_seconds_total", "counter", "User and system time of this process.")
            .Sample("process_cpu_seconds_total", self.TotalProcessorTime.TotalSeconds);
    }

    public void Dispose() => _listener.Dispose();

    private void Count(double seconds, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (var tag in tags)
        {
            if (tag.Key != "http.response.status_code" || tag.Value is not int status || status is < 100 or > 599) continue;
            Interlocked.Increment(ref _requestsByClass[status / 100]);
            Interlocked.Add(ref _requestMicroseconds, (long)(seconds * 1e6));
        }
    }
}
