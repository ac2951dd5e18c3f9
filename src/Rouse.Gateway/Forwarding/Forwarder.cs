using System.Net.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Rouse.Gateway.Routing;
using Yarp.ReverseProxy.Forwarder;

namespace Rouse.Gateway.Forwarding;

/// <summary>
/// Sends a caller's request to one backend and relays the answer as it comes. Sends it once: whoever wants a second try makes it, by the outcome.
/// <code>
///   NotSent ◄── no connection      Failed, TimedOut ◄── sent, no answer      Truncated ◄── answer broke off: caller's stream reset
///      │                              │                                          │
///   connect ──► head, body ──────► answer's head ──► body, flushed as it comes ──► trailers ──► Relayed
///               (read only now)       (the caller's answer begins)
/// </code>
/// The bytes are moved by YARP (docs/adr/0024); nothing outside this folder knows.
/// </summary>
public sealed class Forwarder(BackendHttp http)
{
    private readonly IHttpForwarder _yarp = CreateYarp();

    /// <summary>Returns when the last byte is out, the upgraded connection has ended, or there is nothing more to do.</summary>
    /// <param name="context">
    /// The request and its answer. Headers of the answer that are set already go out with it, unless the backend sets the same. Whenever nothing was
    /// answered (<c>!Response.HasStarted</c>), the answer is as new, without those headers. The body may have been replaced, for instance by one that is replayed.
    /// </param>
    /// <param name="pathAndQuery">Sent byte for byte after the backend's address (<see cref="BackendTarget.TryTakeRest"/>).</param>
    /// <param name="ct">Ends it; so does the caller's leaving.</param>
    public async ValueTask<ForwardResult> SendAsync(HttpContext context, RouteBackend backend, string pathAndQuery, ForwardBounds bounds, CancellationToken ct)
    {
        if (!BackendTarget.TryMake(backend, pathAndQuery, out var target)) return Refused(StatusCodes.Status400BadRequest);
        if (RefusalOf(context, bounds) is > 0 and var status) return Refused(status);
        var exchange = new Exchange(backend, target);
        var original = context.Request.Body;
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody is not false)
        {
            if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = bounds.MaxBodyBytes;
            exchange.Body = new CallerBody(original, bounds.MaxBodyBytes);
            context.Request.Body = exchange.Body;
        }

        var error = await _yarp.SendAsync(context, target.Scheme + "://backend", http.For(backend), bounds.Config, exchange, ct);
        if (exchange.Body is not null) context.Request.Body = original;
        var result = exchange.IsRefused ? Refused(StatusCodes.Status400BadRequest) : Judge(error, exchange, context);
        // What the forwarder put there was its own guess of an answer.
        if (result.Outcome != ForwardOutcome.Relayed && !context.Response.HasStarted) context.Response.Clear();
        return result;
    }

    private static ForwardResult Refused(int status) => new(ForwardOutcome.BadRequest, 0, 0) { RefusedWith = status };

    /// <returns>The status; 0 where nothing speaks against sending it.</returns>
    private static int RefusalOf(HttpContext context, ForwardBounds bounds)
    {
        var request = context.Request;
        // A tunnel is not ours to give, but for a WebSocket's over HTTP/2 (RFC 8441), and TRACE would show the caller what we say to the backend, its key among it.
        if (HttpMethods.IsTrace(request.Method)) return StatusCodes.Status405MethodNotAllowed;
        if (HttpMethods.IsConnect(request.Method) && context.Features.Get<IHttpExtendedConnectFeature>() is not { IsExtendedConnect: true, Protocol: "websocket" }) return StatusCodes.Status405MethodNotAllowed;
        if (request.Headers.TransferEncoding is { Count: > 0 } coding)
        {
            // RFC 9112 §6.1 and §6.3: both lengths, or a coding that would be taken off without a word about it.
            if (request.ContentLength is not null || request.Headers.ContainsKey("X-Content-Length")) return StatusCodes.Status400BadRequest;
            if (coding is not [{ } only] || !only.AsSpan().Trim().Equals("chunked", StringComparison.OrdinalIgnoreCase)) return StatusCodes.Status400BadRequest;
        }

        return request.ContentLength > bounds.MaxBodyBytes ? StatusCodes.Status413PayloadTooLarge : 0;
    }

    private static ForwardResult Judge(ForwarderError error, Exchange exchange, HttpContext context)
    {
        var (bytesIn, bytesOut) = (exchange.BytesIn, exchange.BytesOut);
        // With an answer that is out whole, what became of the request's rest is between the backend and its caller.
        if (error == ForwarderError.None || exchange.IsRelayed) return new ForwardResult(ForwardOutcome.Relayed, bytesIn, bytesOut);
        var cause = context.Features.Get<IForwarderErrorFeature>()?.Exception;
        if (context.RequestAborted.IsCancellationRequested && !IsOurAbort(error, exchange)) return new ForwardResult(ForwardOutcome.CallerGone, bytesIn, bytesOut);
        if (context.Response.HasStarted) return new ForwardResult(IsCallers(error) ? ForwardOutcome.CallerGone : ForwardOutcome.Truncated, bytesIn, bytesOut);
        return error switch
        {
            ForwarderError.RequestCreation => Refused(StatusCodes.Status400BadRequest),
            ForwarderError.Request when IsUnconnected(cause) => new ForwardResult(ForwardOutcome.NotSent, 0, 0),
            // The handler's own clock of connecting; ours has no inner cause.
            ForwarderError.RequestTimedOut when cause is OperationCanceledException { InnerException: TimeoutException } && bytesIn == 0 => new ForwardResult(ForwardOutcome.NotSent, 0, 0),
            ForwarderError.RequestTimedOut => new ForwardResult(ForwardOutcome.TimedOut, bytesIn, 0),
            ForwarderError.RequestBodyClient => new ForwardResult(ForwardOutcome.BadRequest, bytesIn, 0) { RefusedWith = StatusOf(cause) },
            _ => new ForwardResult(ForwardOutcome.Failed, bytesIn, 0),
        };
    }

    /// <summary>The forwarder has reset the caller's stream, which looks as if the caller had gone.</summary>
    private static bool IsOurAbort(ForwarderError error, Exchange exchange) => exchange.WasSilent || error is ForwarderError.ResponseBodyDestination or ForwarderError.RequestBodyDestination;

    private static bool IsCallers(ForwarderError error) =>
        error is ForwarderError.ResponseBodyClient or ForwarderError.UpgradeRequestClient or ForwarderError.UpgradeResponseClient or ForwarderError.RequestBodyClient;

    /// <summary>No name, no connection, no TLS: no byte of the request can have gone anywhere.</summary>
    private static bool IsUnconnected(Exception? cause) =>
        cause is HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError };

    private static int StatusOf(Exception? cause) => cause switch
    {
        BadHttpRequestException bad => bad.StatusCode,
        AggregateException many => many.InnerExceptions.OfType<BadHttpRequestException>().FirstOrDefault()?.StatusCode ?? StatusCodes.Status400BadRequest,
        _ => StatusCodes.Status400BadRequest,
    };

    /// <summary>Without its log, which would name every URL; the outcome says what there is to say.</summary>
    private static IHttpForwarder CreateYarp() => new ServiceCollection()
        .AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance)
        .AddSingleton(typeof(ILogger<>), typeof(NullLogger<>))
        .AddHttpForwarder()
        .BuildServiceProvider()
        .GetRequiredService<IHttpForwarder>();
}
