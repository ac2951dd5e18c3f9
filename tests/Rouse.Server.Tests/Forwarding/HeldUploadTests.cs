using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Rouse.Core.Ports;
using Rouse.Gateway.Routing;
using Rouse.Server.Spool;
using Rouse.Server.Tests.ServiceJobs;
using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.Forwarding;

/// <summary>Uploads that are larger than what the server takes in by itself, held over real sockets.</summary>
public sealed class HeldUploadTests
{
    private static readonly byte[] s_body = RandomNumberGenerator.GetBytes(12_000_000);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WhoeverLeavesInTheMiddleOfItsBody_FreesItsPlace_AndNeverReachesTheService(bool isChunked)
    {
        await using var backend = await Backend.StartAsync(Backend.Says(200, "{}"));
        await using var app = await ServiceApp.StartAsync();
        var route = app.AddRoute(backend: null, service => service with { MaxQueue = 1 });
        using (var caller = await ConnectAsync(app))
        {
            await caller.SendAsync(Head(route, isChunked, unsent: 1_000));
            // More than the server's buffer and both sockets' hold, so that its end is not among what has arrived.
            var sent = SendAsync(caller, s_body, isChunked);
            await Eventually.TrueAsync(() => Demand(app, route).Held == 1);
            // Read on, it all goes; it has only not been ended.
            await sent.WaitAsync(Eventually.Deadline);
            Assert.Equal(1, Demand(app, route).Held);
        }

        await Eventually.TrueAsync(() => Demand(app, route).Held == 0);
        app.AddRoute(backend.Address, id: route.Deployment);
        Assert.Equal(200, (await app.SendAsync(HttpMethod.Get, $"/d/{route.Deployment}/stays")).Status);
        Assert.Equal("/stays", Assert.Single(backend.Requests).Target);
        Assert.Empty(Directory.EnumerateFiles(app.Spool));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AtItsTurn_TheBodyArrivesWhole_WhateverOfItCameBefore(bool isChunked)
    {
        await using var backend = await Backend.StartAsync(Backend.Says(200, "{}"));
        await using var app = await ServiceApp.StartAsync();
        var route = app.AddRoute(backend: null);
        using var caller = await ConnectAsync(app);
        await caller.SendAsync(Head(route, isChunked));
        await SendAsync(caller, s_body.AsMemory(0, 9_000_000), isChunked);
        app.AddRoute(backend.Address, id: route.Deployment);
        await SendAsync(caller, s_body.AsMemory(9_000_000), isChunked);
        await caller.SendAsync(isChunked ? "0\r\n\r\n"u8.ToArray() : "\r\n"u8.ToArray());
        var head = new byte[12];
        using var limit = new CancellationTokenSource(Eventually.Deadline);
        await new NetworkStream(caller).ReadExactlyAsync(head, limit.Token);

        Assert.Equal("HTTP/1.1 200", Encoding.ASCII.GetString(head));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(s_body)), Assert.Single(backend.Requests).Sha256);
        Assert.Empty(Directory.EnumerateFiles(app.Spool));
    }

    [Fact]
    public async Task WithoutRoomInTheSpool_ItIsHeldAllTheSame_AndArrivesWhole()
    {
        await using var backend = await Backend.StartAsync(Backend.Says(200, "{}"));
        await using var app = await ServiceApp.StartAsync(room: new SpoolLimits { MaxTotal = 500_000, TenantShare = 1 });
        var route = app.AddRoute(backend: null);
        using var caller = await ConnectAsync(app);
        await caller.SendAsync(Head(route, isChunked: false));
        var sending = SendAsync(caller, s_body, isChunked: false);
        await Eventually.TrueAsync(() => Demand(app, route).Held == 1);
        app.AddRoute(backend.Address, id: route.Deployment);
        await sending.WaitAsync(Eventually.Deadline);
        await Eventually.TrueAsync(() => backend.Requests.Count == 1);

        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(s_body)), Assert.Single(backend.Requests).Sha256);
    }

    private static Demand Demand(ServiceApp app, Route route) => app.Get<IDemand>().Of(route.Deployment);

    private static byte[] Head(Route route, bool isChunked, int unsent = 0) => Encoding.ASCII.GetBytes(
        $"POST /d/{route.Deployment}/upload HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ServiceApp.Key}\r\n{(isChunked ? "Transfer-Encoding: chunked" : $"Content-Length: {s_body.Length + unsent}")}\r\n\r\n");

    private static async Task<Socket> ConnectAsync(ServiceApp app)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync("127.0.0.1", app.Http.BaseAddress!.Port);
        return socket;
    }

    private static async Task SendAsync(Socket socket, ReadOnlyMemory<byte> body, bool isChunked)
    {
        if (isChunked) await socket.SendAsync(Encoding.ASCII.GetBytes($"{body.Length:x}\r\n"));
        for (var sent = 0; sent < body.Length;) sent += await socket.SendAsync(body[sent..]);
        if (isChunked) await socket.SendAsync("\r\n"u8.ToArray());
    }
}
