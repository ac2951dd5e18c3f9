using Rouse.Gateway.Usage;
using Rouse.Server.Metrics;

namespace Rouse.Server.Usage;

/// <summary>What requests to services came to, since this process began. Labels are closed sets: kinds of requests and classes of status.</summary>
internal sealed class UsageFigures(UsageMeter meter)
{
    private static readonly string[] s_classes = ["none", "1xx", "2xx", "3xx", "4xx", "5xx"];
    private readonly long[,] _requests = new long[2, s_classes.Length];
    private long _coldStarts;
    private long _waitedMs;
    private long _bytesIn;
    private long _bytesOut;

    public void Count(in RequestUsage one)
    {
        Interlocked.Increment(ref _requests[one.Kind == RequestKind.Queued ? 1 : 0, one.Status is >= 100 and < 600 ? one.Status / 100 : 0]);
        if (one.ColdStart) Interlocked.Increment(ref _coldStarts);
        Interlocked.Add(ref _waitedMs, (long)one.Waited.TotalMilliseconds);
        Interlocked.Add(ref _bytesIn, one.BytesIn);
        Interlocked.Add(ref _bytesOut, one.BytesOut);
    }

    public void WriteTo(PrometheusText text)
    {
        text.Family("rouse_service_requests_total", "counter", "Requests to services that have ended, since this process began, by how they came and class of status.");
        for (var kind = 0; kind < 2; kind++)
        {
            for (var one = 0; one < s_classes.Length; one++)
            {
                text.Sample("rouse_service_requests_total", Interlocked.Read(ref _requests[kind, one]), ("kind", kind == 1 ? "queued" : "held"), ("class", s_classes[one]));
            }
        }

        text.Family("rouse_service_cold_starts_total", "counter", "Those of them that found nobody ready.").Sample("rouse_service_cold_starts_total", Interlocked.Read(ref _coldStarts))
            .Family("rouse_service_waited_seconds_total", "counter", "Time they waited to be sent.").Sample("rouse_service_waited_seconds_total", Interlocked.Read(ref _waitedMs) / 1e3)
            .Family("rouse_service_bytes_total", "counter", "Bytes of their bodies and of the answers'.")
            .Sample("rouse_service_bytes_total", Interlocked.Read(ref _bytesIn), ("direction", "in")).Sample("rouse_service_bytes_total", Interlocked.Read(ref _bytesOut), ("direction", "out"))
            .Family("rouse_usage_dropped_total", "counter", "Requests whose usage was not written down, because the store could not keep up.").Sample("rouse_usage_dropped_total", meter.Dropped);
    }
}
