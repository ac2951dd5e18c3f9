using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Rouse.TestKit.Otlp;

/// <summary>A collector: takes spans and measures by OTLP over HTTP. Not on Kestrel, whose own requests would be traced, sent here, and traced again.</summary>
public sealed class OtlpListener : IDisposable
{
    private readonly HttpListener _http = new();
    private readonly ConcurrentQueue<(string Path, byte[] Body)> _seen = new();

    private OtlpListener(Uri url)
    {
        Url = url;
        _http.Prefixes.Add(url.ToString());
        _http.Start();
        _ = ListenAsync();
    }

    public Uri Url { get; }

    /// <summary>All that was sent, as it came.</summary>
    public IReadOnlyList<byte[]> Bodies => [.. _seen.Select(static seen => seen.Body)];

    public IReadOnlyList<OtlpSpan> Spans => [.. Of("/v1/traces").SelectMany(OtlpSpan.Parse)];

    /// <summary>Each as it was told last.</summary>
    public IReadOnlyList<OtlpPoint> Points => [.. Of("/v1/metrics").LastOrDefault() is { } body ? OtlpPoint.Parse(body) : []];

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

    private IEnumerable<byte[]> Of(string path) => _seen.Where(seen => seen.Path == path).Select(static seen => seen.Body);

    private async Task ListenAsync()
    {
        while (_http.IsListening)
        {
            try
            {
                var context = await _http.GetContextAsync();
                using var body = new MemoryStream();
                await context.Request.InputStream.CopyToAsync(body);
                _seen.Enqueue((context.Request.Url!.AbsolutePath, body.ToArray()));
                context.Response.ContentType = "application/x-protobuf";
                context.Response.Close();
            }
            catch (Exception error) when (error is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
        }
    }
}
