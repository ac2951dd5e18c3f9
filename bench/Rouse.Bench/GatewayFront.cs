using System.Globalization;
using System.Net;
using System.Net.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rouse.Gateway.Forwarding;
using Rouse.Gateway.Routing;
using Yarp.ReverseProxy.Forwarder;

namespace Rouse.Bench;

/// <summary>Proxies for bench/gateway: YARP as its documentation shows it, and Rouse's forwarder without all that stands before it. Runs until its process is ended.</summary>
internal static class GatewayFront
{
    private static readonly ForwardBounds s_bounds = new(long.MaxValue, TimeSpan.FromSeconds(100));

    public static async Task<int> RunAsync(string[] args)
    {
        if (args is not [var kind, var port, var backend]) return 2;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddHttpForwarder();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            FrontLimits.ApplyTo(kestrel);
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, int.Parse(port, CultureInfo.InvariantCulture));
        });
        var app = builder.Build();
        if (kind == "yarp") Yarp(app, backend);
        else if (kind == "forwarder") Forwarder(app, new Uri(backend));
        else return 2;
        await app.RunAsync();
        return 0;
    }

    private static void Yarp(WebApplication app, string backend)
    {
        var forwarder = app.Services.GetRequiredService<IHttpForwarder>();
        var http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false, AllowAutoRedirect = false, AutomaticDecompression = DecompressionMethods.None, UseCookies = false, EnableMultipleHttp2Connections = true,
            ActivityHeadersPropagator = null, ConnectTimeout = TimeSpan.FromSeconds(15),
        });
        var config = new ForwarderRequestConfig { ActivityTimeout = TimeSpan.FromSeconds(100), Version = HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        app.Run(async context => await forwarder.SendAsync(context, backend, http, config, HttpTransformer.Default));
    }

    private static void Forwarder(WebApplication app, Uri backend)
    {
        var http = new HttpMessageInvoker(BackendHandler.Open());
        var forwarder = new Forwarder(new BackendHttp(http, http));
        var route = new RouteBackend("bench", backend);
        app.Run(async context =>
        {
            var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
            var result = await forwarder.SendAsync(context, route, target, s_bounds, CancellationToken.None);
            if (result.Outcome != ForwardOutcome.Relayed && !context.Response.HasStarted) context.Response.StatusCode = StatusCodes.Status502BadGateway;
        });
    }
}
