using System.Net.Http;
using System.Text;
using Microsoft.AspNetCore.Http;
using Rouse.Gateway.Forwarding;
using Rouse.Gateway.Routing;

namespace Rouse.Gateway.Tests.Forwarding;

/// <summary>What of a request reaches the backend, and what of an answer the caller.</summary>
public sealed class HygieneTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    private static async Task<(RawRequest Sent, string Answer)> ExchangeAsync(string request, string answer = Ok, Func<RawBackend, RouteBackend>? route = null)
    {
        await using var backend = RawBackend.Answering(answer);
        await using var front = await Front.StartAsync(route?.Invoke(backend) ?? backend.Route);
        using var caller = await RawConnection.ToAsync(front.Port);
        await caller.WriteAsync(request);
        var text = await caller.ReadHeadAsync() + "\r\n\r\n" + Encoding.Latin1.GetString(await caller.ReadAsync(2));
        return (Assert.Single(backend.Requests), text);
    }

    [Fact]
    public async Task HopByHop_AndWhatConnectionNames_StayBehind_InBothDirections()
    {
        var (sent, answer) = await ExchangeAsync(
            "GET /a HTTP/1.1\r\nHost: rouse.example\r\nConnection: X-Secret , x-other, keep-alive\r\nX-Secret: 1\r\nX-Other: 2\r\nX-Kept: 3\r\nKeep-Alive: 5\r\nTE: trailers\r\nProxy-Authorization: x\r\nUpgrade: h2c\r\n\r\n",
            "HTTP/1.1 200 OK\r\nConnection: x-inner\r\nX-Inner: 1\r\nX-Outer: 2\r\nKeep-Alive: timeout=5\r\nProxy-Authenticate: x\r\nAlt-Svc: h3\r\nX-Rouse-Cold-Start: lie\r\nContent-Length: 2\r\n\r\nok");
        string[] gone = ["X-Secret", "X-Other", "Keep-Alive", "TE", "Proxy-Authorization", "Upgrade", "Connection"];
        Assert.All(gone, name => Assert.Empty(sent.Headers(name)));
        Assert.Equal("3", sent.Header("X-Kept"));
        var told = new RawRequest(answer, []);
        string[] inner = ["X-Inner", "Keep-Alive", "Proxy-Authenticate", "Alt-Svc", "X-Rouse-Cold-Start"];
        Assert.All(inner, name => Assert.Empty(told.Headers(name)));
        Assert.Equal("2", told.Header("X-Outer"));
        Assert.EndsWith("\r\n\r\nok", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OurKeys_NeverReachABackend_AndItsOwnDoes()
    {
        const string request = "POST /a HTTP/1.1\r\nHost: rouse.example\r\nConnection: close\r\nAuthorization: Bearer ours\r\nX-Runpod-Api-Key: ours\r\nCookie: rouse_session=ours; theirs=1\r\nX-Rouse-Backend-Authorization: Bearer theirs\r\nX-Rouse-Anything: 1\r\nPrefer: wait=5, return=minimal\r\nIdempotency-Key: k\r\nContent-Length: 2\r\n\r\nhi";
        var (sent, _) = await ExchangeAsync(request);
        Assert.DoesNotContain("ours", sent.Head, StringComparison.Ordinal);
        Assert.DoesNotContain("X-Rouse", sent.Head, StringComparison.OrdinalIgnoreCase);
        Assert.Equal("Bearer theirs", sent.Header("Authorization"));
        Assert.Equal("theirs=1", sent.Header("Cookie"));
        Assert.Equal("return=minimal", sent.Header("Prefer"));
        Assert.Equal("k", sent.Header("Idempotency-Key"));
        Assert.Equal("hi", Encoding.ASCII.GetString(sent.Body));

        (sent, _) = await ExchangeAsync(request, Ok, backend => backend.Route with { Authorization = new Rouse.Core.Tenancy.Secret("Bearer providers") });
        Assert.Equal("Bearer providers", Assert.Single(sent.Headers("Authorization")));
    }

    [Fact]
    public async Task ForwardedHeaders_AreWrittenAnew_AndUnderscoresDropped()
    {
        var (sent, _) = await ExchangeAsync(
            "GET / HTTP/1.1\r\nHost: rouse.example\r\nConnection: close\r\nX-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: gopher\r\nX-Forwarded-Host: evil\r\nForwarded: for=6.6.6.6\r\nX-Real-IP: 6.6.6.6\r\nX_Forwarded_For: 6.6.6.6\r\n\r\n");
        Assert.Equal("127.0.0.1", Assert.Single(sent.Headers("X-Forwarded-For")));
        Assert.Equal("http", Assert.Single(sent.Headers("X-Forwarded-Proto")));
        Assert.Equal("rouse.example", Assert.Single(sent.Headers("X-Forwarded-Host")));
        Assert.DoesNotContain("6.6.6.6", sent.Head, StringComparison.Ordinal);
        Assert.StartsWith("127.0.0.1:", Assert.Single(sent.Headers("Host")), StringComparison.Ordinal);
    }

    [Fact]
    public void NamesInConnection_AreFound_WhereverTheyStand()
    {
        var from = new HeaderDictionary { ["Connection"] = "close, X-Secret , x-other", ["X-Secret"] = "1", ["X-Other"] = "2", ["X-Kept"] = "3" };
        using var to = new HttpRequestMessage();
        Assert.True(HeaderHygiene.TryCopyRequest(from, to, new RouteBackend("b", new Uri("http://b")), default, trace: null));
        Assert.Equal(["X-Kept"], to.Headers.Select(header => header.Key));
    }

    [Theory]
    [InlineData("/a/%2e%2e/b")]
    [InlineData("/a%2Fb//c;v=1?x=%20&y=a+b&&")]
    [InlineData("/%e2%82%ac/?q={\"a\":[1]}|^`")]
    [InlineData("//host/x")]
    [InlineData("/a/../b")]
    [InlineData("/?")]
    [InlineData("/a?b?c=/../")]
    public async Task PathAndQuery_ArriveByteForByte(string target)
    {
        var (sent, _) = await ExchangeAsync($"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        Assert.Equal(target, sent.Target);
        (sent, _) = await ExchangeAsync("GET /x?y HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", Ok, backend => backend.Route with { Address = new Uri(backend.Route.Address, "/pre/fix") });
        Assert.Equal("/pre/fix/x?y", sent.Target);
    }

    [Fact]
    public async Task BytesBeyondAscii_PassInHeaders_BothWays()
    {
        var (sent, answer) = await ExchangeAsync(
            Encoding.Latin1.GetString(Encoding.UTF8.GetBytes("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Name: grüße\r\n\r\n")),
            "HTTP/1.1 200 OK\r\nContent-Disposition: inline; filename=gr\u00fc\u00dfe\r\nContent-Length: 2\r\n\r\nok");
        Assert.Equal("grüße", Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(sent.Header("X-Name")!)));
        Assert.Equal("inline; filename=gr\u00fc\u00dfe", new RawRequest(answer, []).Header("Content-Disposition"));
    }

    [Theory]
    [InlineData("TRACE / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "405")]
    [InlineData("POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400")]
    [InlineData("POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "400")]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-A: a\u0001b\r\n\r\n", "400")]
    [InlineData("POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 9000000\r\n\r\n", "413")]
    public async Task WhatCannotBeForwarded_IsRefused_BeforeAnythingIsSent(string request, string status)
    {
        await using var backend = RawBackend.Answering(Ok);
        await using var front = await Front.StartAsync(backend.Route, new(8_000_000, TimeSpan.FromSeconds(10)));
        using var caller = await RawConnection.ToAsync(front.Port);
        await caller.WriteAsync(request);
        Assert.StartsWith($"HTTP/1.1 {status} ", await caller.ReadHeadAsync(), StringComparison.Ordinal);
        Assert.Empty(backend.Requests);
        Assert.Equal(0, backend.Connections);
    }
}
