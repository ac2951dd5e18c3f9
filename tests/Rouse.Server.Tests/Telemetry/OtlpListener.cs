using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Rouse.Server.Tests.Telemetry;

/// <summary>Takes spans by OTLP over HTTP. Not on Kestrel, whose own requests would be traced, sent here, and traced again.</summary>
internal sealed class OtlpListener : IDisposable
{
    private readonly HttpListener _http = new();

    private OtlpListener(Uri url)
    {
        Url = url;
        _http.Prefixes.Add(url.ToString());
        _http.Start();
        _ = ListenAsync();
    }

    public Uri Url { get; }

    public ConcurrentQueue<byte[]> Bodies { get; } = new();

    public IReadOnlyList<Span> Spans => [.. Bodies.SelectMany(Parse)];

    public static OtlpListener Start()
    {
        // HttpListener takes no port 0.
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        return new OtlpListener(new Uri($"http://127.0.0.1:{port}/"));
    }

    public void Dispose() => _http.Close();

    private async Task ListenAsync()
    {
        while (_http.IsListening)
        {
            try
            {
                var context = await _http.GetContextAsync();
                using var body = new MemoryStream();
                await context.Request.InputStream.CopyToAsync(body);
                Bodies.Enqueue(body.ToArray());
                context.Response.ContentType = "application/x-protobuf";
                context.Response.Close();
            }
            catch (Exception error) when (error is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    // ExportTraceServiceRequest.resource_spans(1).{resource(1), scope_spans(2).spans(2)} of opentelemetry/proto/trace/v1.
    private static IEnumerable<Span> Parse(byte[] body) =>
        from resourceSpans in Wire.Fields(body, 1)
        let service = string.Join(' ', Wire.Fields(resourceSpans, 1).SelectMany(resource => Wire.Fields(resource, 1)).Select(Attribute))
        from scopeSpans in Wire.Fields(resourceSpans, 2)
        from span in Wire.Fields(scopeSpans, 2)
        select new Span(
            Convert.ToHexStringLower(Wire.Fields(span, 1).Single()), Convert.ToHexStringLower(Wire.Fields(span, 2).Single()),
            Convert.ToHexStringLower(Wire.Fields(span, 4).FirstOrDefault([])), Encoding.UTF8.GetString(Wire.Fields(span, 5).Single()), service,
            [.. Wire.Fields(span, 9).Select(attribute => Encoding.UTF8.GetString(Wire.Fields(attribute, 1).Single()))]);

    private static string Attribute(byte[] pair) =>
        $"{Encoding.UTF8.GetString(Wire.Fields(pair, 1).Single())}={string.Concat(Wire.Fields(Wire.Fields(pair, 2).Single(), 1).Select(Encoding.UTF8.GetString))}";

    internal sealed record Span(string Trace, string Id, string Parent, string Name, string Service, IReadOnlyList<string> Tags);

    /// <summary>Protocol Buffers' wire format, as much of it as these messages use.</summary>
    private static class Wire
    {
        /// <summary>The length-delimited fields with this number.</summary>
        public static IEnumerable<byte[]> Fields(byte[] message, int number)
        {
            List<byte[]> found = [];
            var at = 0;
            while (at < message.Length)
            {
                var tag = Varint(message, ref at);
                switch (tag & 7)
                {
                    case 0:
                        Varint(message, ref at);
                        break;
                    case 1:
                        at += 8;
                        break;
                    case 2:
                        var length = (int)Varint(message, ref at);
                        if (tag >> 3 == (ulong)number) found.Add(message[at..(at + length)]);
                        at += length;
                        break;
                    case 5:
                        at += 4;
                        break;
                    default:
                        throw new InvalidDataException($"Wire type {tag & 7}.");
                }
            }

            return found;
        }

        private static ulong Varint(byte[] message, ref int at)
        {
            var value = 0UL;
            for (var shift = 0; ; shift += 7)
            {
                var part = message[at++];
                value |= (ulong)(part & 0x7F) << shift;
                if (part < 0x80) return value;
            }
        }
    }
}
