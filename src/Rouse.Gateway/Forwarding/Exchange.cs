using System.Diagnostics;
using System.Net;
using System.Net.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Rouse.Gateway.Routing;
using Yarp.ReverseProxy.Forwarder;

namespace Rouse.Gateway.Forwarding;

/// <summary>One request on its way: writes what goes to the backend and what comes back, and knows how far it got.</summary>
internal sealed class Exchange(RouteBackend backend, Uri target) : HttpTransformer
{
    /// <summary>Bytes of an answer that says its length, up to which its bytes are not counted one by one: it arrived whole or it counts as nothing.</summary>
    private const long Small = 64 << 10;

    private BackendBody? _answer;
    private long _length;

    /// <summary>A request header cannot be sent.</summary>
    public bool IsRefused { get; private set; }

    /// <summary>The body of the answer is out whole.</summary>
    public bool IsRelayed { get; private set; }

    /// <summary>The answer broke off because the backend said nothing more.</summary>
    public bool WasSilent => _answer?.WasSilent ?? false;

    public CountedStream? Body { get; set; }

    public long BytesIn => (Body?.ReadSoFar ?? 0) + (_answer?.WrittenSoFar ?? 0);

    public long BytesOut => _answer?.ReadSoFar ?? (IsRelayed ? _length : 0);

    public override ValueTask TransformRequestAsync(HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        var request = httpContext.Request;
        proxyRequest.RequestUri = target;
        if (proxyRequest.Content is { } content)
        {
            // RFC 9112 §6.3: chunks need no length, and with both the one that counts is the chunks'.
            if (request.Headers.TransferEncoding.Count == 0) content.Headers.ContentLength = request.ContentLength;
        }
        else if (!IsSafe(proxyRequest.Method))
        {
            // A request without a body is sent again by the handler when a kept connection turns out to be closed, whether or not the backend had it already. With a
            // body, if an empty one, it never is (RFC 9110 §9.2.2).
            proxyRequest.Content = new ByteArrayContent([]);
        }

        var address = httpContext.Connection.RemoteIpAddress;
        var arrival = new Arrival((address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address)?.ToString(), request.Scheme, request.Host.Value);
        if (HeaderHygiene.TryCopyRequest(request.Headers, proxyRequest, backend, arrival, Activity.Current)) return ValueTask.CompletedTask;
        IsRefused = true;
        // How the forwarder is told to send nothing.
        httpContext.Response.StatusCode = StatusCodes.Status400BadRequest;
        return ValueTask.CompletedTask;
    }

    public override ValueTask<bool> TransformResponseAsync(HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        if (proxyResponse is null) return ValueTask.FromResult(false);
        HeaderHygiene.CopyAnswer(proxyResponse, httpContext.Response.Headers);
        // RFC 9110 §15.3.6: has no body, so the server lets none be written, whatever the backend sent.
        if (proxyResponse.StatusCode == HttpStatusCode.ResetContent)
        {
            IsRelayed = true;
            return ValueTask.FromResult(false);
        }

        var content = proxyResponse.Content;
        var length = content.Headers.ContentLength;
        if (HttpMethods.IsHead(httpContext.Request.Method) || proxyResponse.StatusCode is HttpStatusCode.NoContent or HttpStatusCode.NotModified) return ValueTask.FromResult(true);
        if (length <= Small) _length = length.Value;
        else proxyResponse.Content = new CountedContent(this, content, httpContext, isFlushed: length is not null || proxyResponse.StatusCode == HttpStatusCode.SwitchingProtocols);
        return ValueTask.FromResult(true);
    }

    public override ValueTask TransformResponseTrailersAsync(HttpContext httpContext, HttpResponseMessage proxyResponse, CancellationToken cancellationToken)
    {
        IsRelayed = true;
        if (httpContext.Features.Get<IHttpResponseTrailersFeature>()?.Trailers is not { IsReadOnly: false } trailers) return ValueTask.CompletedTask;
        foreach (var (name, values) in proxyResponse.TrailingHeaders.NonValidated)
        {
            var passed = HeaderHygiene.Values(values);
            if (HeaderHygiene.IsForCaller(name) && !HeaderHygiene.HasControl(passed)) trailers[name] = passed;
        }

        return ValueTask.CompletedTask;
    }

    private static bool IsSafe(HttpMethod method) => method == HttpMethod.Get || method == HttpMethod.Head || method == HttpMethod.Options;

    /// <summary>The answer's body, counted as it is read.</summary>
    private sealed class CountedContent(Exchange exchange, HttpContent inner, HttpContext context, bool isFlushed) : HttpContent
    {
        protected override async Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken) =>
            exchange._answer = new BackendBody(await inner.ReadAsStreamAsync(cancellationToken), context, isFlushed);

        protected override Task<Stream> CreateContentReadStreamAsync() => CreateContentReadStreamAsync(CancellationToken.None);

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => inner.CopyToAsync(stream, context);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
