using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Rouse.Server.Tests.Host;
using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.Forwarding;

/// <summary>Through a whole server, to a service that runs already and may go away: a request meets whatever there is at that moment.</summary>
public sealed class WholeGatewayTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task AWebSocket_GoesThrough_BothWays(int version)
    {
        await using var service = await StartServiceAsync(FreePort());
        await using var server = await TestServer.StartAsync(static options => options with { Http2Port = 0 });
        var id = await DeployAsync(server, service.Urls.Single());
        using var socket = new ClientWebSocket();
        using var limit = new CancellationTokenSource(Eventually.Deadline);
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false });
        // Over HTTP/2 by extended CONNECT (RFC 8441), and on as HTTP/1.1.
        (socket.Options.HttpVersion, socket.Options.HttpVersionPolicy) = (new Version(version, version == 1 ? 1 : 0), HttpVersionPolicy.RequestVersionExact);
        await socket.ConnectAsync(new UriBuilder(version == 1 ? server.Host.BaseAddress : server.Host.Http2Address!) { Scheme = "ws", Path = $"/d/{id}/ws" }.Uri, invoker, limit.Token);
        var buffer = new byte[64];
        for (var i = 0; i < 3; i++)
        {
            await socket.SendAsync(Encoding.UTF8.GetBytes($"ping {i}"), WebSocketMessageType.Text, endOfMessage: true, limit.Token);
            var got = await socket.ReceiveAsync(buffer, limit.Token);
            Assert.Equal($"ping {i}", Encoding.UTF8.GetString(buffer, 0, got.Count));
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", limit.Token);
        Assert.Equal(WebSocketCloseStatus.NormalClosure, socket.CloseStatus);
    }

    [Fact]
    public async Task OverHttp2_ATunnelThatIsNoWebSocket_IsRefused()
    {
        await using var service = await StartServiceAsync(FreePort());
        await using var server = await TestServer.StartAsync(static options => options with { Http2Port = 0 });
        var id = await DeployAsync(server, service.Urls.Single());
        using var http = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false });
        using var limit = new CancellationTokenSource(Eventually.Deadline);
        using var tunnel = new HttpRequestMessage(HttpMethod.Connect, new Uri(server.Host.Http2Address!, $"/d/{id}/x")) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        tunnel.Headers.Protocol = "connect-udp";
        using var answer = await http.SendAsync(tunnel, limit.Token);
        Assert.Equal(HttpStatusCode.NotImplemented, answer.StatusCode);
        Assert.Contains("\"NOT_FORWARDED\"", await answer.Content.ReadAsStringAsync(limit.Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task OverHttp2_RequestsShareAConnection_AndGoOnAsHttp1()
    {
        await using var service = await StartServiceAsync(FreePort());
        await using var server = await TestServer.StartAsync(static options => options with { Http2Port = 0 });
        var id = await DeployAsync(server, service.Urls.Single(), concurrency: 8);
        using var http = new HttpClient { BaseAddress = server.Host.Http2Address, DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(n => http.PostAsync(new Uri($"/d/{id}/version", UriKind.Relative), new StringContent($"{n}"))));
        foreach (var (answer, n) in answers.Select(static (answer, n) => (answer, n)))
        {
            Assert.Equal((HttpStatusCode.OK, HttpVersion.Version20), (answer.StatusCode, answer.Version));
            Assert.Equal($"HTTP/1.1 {n}", await answer.Content.ReadAsStringAsync());
        }
    }

    [Fact]
    public async Task WhenTheServiceIsGone_RequestsAreHeld_UntilItIsBack()
    {
        var port = FreePort();
        var service = await StartServiceAsync(port);
        await using var server = await TestServer.StartAsync();
        var id = await DeployAsync(server, service.Urls.Single());
        var path = new Uri($"/d/{id}/version", UriKind.Relative);
        await service.DisposeAsync();
        var held = Enumerable.Range(0, 5).Select(n => server.Http.PostAsync(path, new StringContent($"{n}"))).ToList();
        // Nobody is there, and this one does not want to wait.
        Assert.Equal(504, (await server.SendAsync(HttpMethod.Get, $"/d/{id}/version", json: null, ("Prefer", "wait=1"))).Status);
        Assert.All(held, static one => Assert.False(one.IsCompleted));

        await using var back = await StartServiceAsync(port);
        foreach (var answer in await Task.WhenAll(held).WaitAsync(Eventually.Deadline)) Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private static async Task<string> DeployAsync(TestServer server, string upstream, int concurrency = 1)
    {
        var id = await server.DeployAsync($$$"""{"service":{"upstream":"{{{upstream}}}","concurrency":{{{concurrency}}}}}""");
        await Eventually.TrueAsync(async () => (await server.SendAsync(HttpMethod.Get, $"/d/{id}/version")).Status == 200);
        return id;
    }

    private static async Task<WebApplication> StartServiceAsync(int port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        var app = builder.Build();
        app.UseWebSockets();
        app.Run(static async context =>
        {
            if (context.WebSockets.IsWebSocketRequest)
            {
                await EchoAsync(await context.WebSockets.AcceptWebSocketAsync());
                return;
            }

            using var reader = new StreamReader(context.Request.Body);
            var body = await reader.ReadToEndAsync();
            await context.Response.WriteAsync(context.Request.Method == "POST" ? $"{context.Request.Protocol} {body}" : "{}");
        });
        await app.StartAsync();
        return app;
    }

    private static async Task EchoAsync(WebSocket socket)
    {
        var buffer = new byte[64];
        while (true)
        {
            var got = await socket.ReceiveAsync(buffer, CancellationToken.None);
            if (got.MessageType == WebSocketMessageType.Close) break;
            await socket.SendAsync(buffer.AsMemory(0, got.Count), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", CancellationToken.None);
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
