using System.Collections.Concurrent;
using System.Net;
using System.Net.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Rouse.Gateway.Forwarding;
using Rouse.Gateway.Routing;

namespace Rouse.Gateway.Tests.Forwarding;

/// <summary>A real server on loopback that forwards every request to one backend and answers what cannot be relayed with the outcome's name.</summary>
internal sealed class Front : IAsyncDisposable
{
    /// <summary>Answered where nothing was relayed, with the outcome in the body.</summary>
    public const int NothingRelayed = 555;

    private readonly WebApplication _app;
    private readonly HttpMessageInvoker _http;

    private Front(WebApplication app, HttpMessageInvoker http, int port) => (_app, _http, Port) = (app, http, port);

    public int Port { get; }

    public Uri Address => new($"http://127.0.0.1:{Port}");

    /// <summary>Of every request, in the order of their ends.</summary>
    public ConcurrentQueue<ForwardResult> Results { get; private init; } = new();

    public static async Task<Front> StartAsync(RouteBackend backend, ForwardBounds? bounds = null, bool http2 = false, Func<HttpContext, Forwarder, Task>? handle = null)
    {
        bounds ??= new ForwardBounds(1L << 40, TimeSpan.FromSeconds(30));
        var http = new HttpMessageInvoker(BackendHandler.Open());
        var forwarder = new Forwarder(new BackendHttp(http, http));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            FrontLimits.ApplyTo(kestrel);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = http2 ? HttpProtocols.Http2 : HttpProtocols.Http1);
        });
        var app = builder.Build();
        var results = new ConcurrentQueue<ForwardResult>();
        app.Run(async context =>
        {
            if (handle is not null)
            {
                await handle(context, forwarder);
                return;
            }

            var path = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
            var result = await forwarder.SendAsync(context, backend, path, bounds, CancellationToken.None);
            results.Enqueue(result);
            if (result.Outcome == ForwardOutcome.Relayed || context.Response.HasStarted) return;
            context.Response.StatusCode = result.RefusedWith > 0 ? result.RefusedWith : NothingRelayed;
            await context.Response.WriteAsync(result.Outcome.ToString());
        });
        await app.StartAsync();
        return new Front(app, http, new Uri(app.Urls.First()).Port) { Results = results };
    }

    public HttpMessageInvoker Client(bool http2 = false) => new(new SocketsHttpHandler
    {
        UseProxy = false, UseCookies = false, AllowAutoRedirect = false, ActivityHeadersPropagator = null, Expect100ContinueTimeout = TimeSpan.FromSeconds(20),
    });

    public async ValueTask DisposeAsync()
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _app.StopAsync(soon.Token);
        await _app.DisposeAsync();
        _http.Dispose();
    }
}
