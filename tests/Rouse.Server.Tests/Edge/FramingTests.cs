using System.Globalization;
using System.Text;
using System.Text.Json;
using Rouse.Server.Tests.Host;

namespace Rouse.Server.Tests.Edge;

/// <summary>A request that another hop might frame otherwise is refused, and the connection with it; none of it makes the server answer 5xx.</summary>
public sealed class FramingTests(FramingTests.Fixture fixture) : IClassFixture<FramingTests.Fixture>
{
    private const string Post = "POST /v1/deployments HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    private const string Get = "GET /v1/deployments HTTP/1.1\r\nHost: localhost\r\n";

    private readonly TestServer _server = fixture.Server;

    [Theory]
    // Two lengths at once, in either order and by either spelling.
    [InlineData(Post + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData(Post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n")]
    [InlineData(Post + "transfer-encoding: Chunked\r\ncontent-length: 0\r\n\r\n0\r\n\r\n")]
    [InlineData(Post + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}")]
    [InlineData(Post + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}")]
    [InlineData(Post + "Content-Length: 2, 2\r\n\r\n{}")]
    // No length of RFC 9110.
    [InlineData(Post + "Content-Length: +2\r\n\r\n{}")]
    [InlineData(Post + "Content-Length: -0\r\n\r\n")]
    [InlineData(Post + "Content-Length: 0x2\r\n\r\n{}")]
    [InlineData(Post + "Content-Length: 2.0\r\n\r\n{}")]
    [InlineData(Post + "Content-Length: 2 2\r\n\r\n{}")]
    [InlineData(Post + "Content-Length: \r\n\r\n{}")]
    [InlineData(Post + "Content-Length: 9223372036854775808\r\n\r\n{}")]
    [InlineData(Post + "Content-Length: 000000000000000000000000000000000000002\r\n\r\n{}")]
    [InlineData(Post + "Content-Length : 2\r\n\r\n{}")]
    // Codings of which only some hops know the end.
    [InlineData(Post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n")]
    [InlineData(Post + "Transfer-Encoding: identity\r\n\r\n{}")]
    [InlineData(Post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n")]
    [InlineData(Post + "Transfer-Encoding:\vchunked\r\n\r\n0\r\n\r\n")]
    [InlineData(Post + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("POST /v1/deployments HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    // Chunks.
    [InlineData(Post + "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n")]
    [InlineData(Post + "Transfer-Encoding: chunked\r\n\r\n80000000\r\n{}\r\n0\r\n\r\n")]
    [InlineData(Post + "Transfer-Encoding: chunked\r\n\r\n0000000000000000000000000000000000000002\r\n{}\r\n0\r\n\r\n")]
    [InlineData(Post + "Transfer-Encoding: chunked\r\n\r\n+2\r\n{}\r\n0\r\n\r\n")]
    [InlineData(Post + "Transfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n")]
    [InlineData(Post + "Transfer-Encoding: chunked\r\n\r\n2;\n=x\r\n{}\r\n0\r\n\r\n")]
    [InlineData(Post + "Transfer-Encoding: chunked\r\n\r\n2;\r=x\r\n{}\r\n0\r\n\r\n")]
    [InlineData(Post + "Transfer-Encoding: chunked\r\n\r\n2\n{}\r\n0\r\n\r\n")]
    [InlineData(Post + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}0\r\n\r\n")]
    [InlineData(Post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n")]
    [InlineData(Post + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX-Trailer: \u00ff\r\n\r\n")]
    [InlineData(Post + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX-Trailer: \0\r\n\r\n")]
    [InlineData(Post + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX-Trailer\r\n\r\n")]
    // Line ends.
    [InlineData("GET /v1/deployments HTTP/1.1\nHost: localhost\n\n")]
    [InlineData("GET /v1/deployments HTTP/1.1\r\nHost: localhost\nX-A: b\r\n\r\n")]
    [InlineData("GET /v1/deployments HTTP/1.1\nHost: localhost\r\n\r\n")]
    [InlineData(Get + "X-A: b\r\n\n")]
    [InlineData(Get + "X-A: b\rX-C: d\r\n\r\n")]
    [InlineData(Get + "X-A: b\r\n continued\r\n\r\n")]
    [InlineData(Get + " X-A: b\r\n\r\n")]
    [InlineData(Get + "X-A: b\0c\r\n\r\n")]
    [InlineData(Get + "X-A\r\n\r\n")]
    [InlineData(Get + ": b\r\n\r\n")]
    // Hosts.
    [InlineData("GET /v1/deployments HTTP/1.1\r\n\r\n")]
    [InlineData(Get + "Host: elsewhere\r\n\r\n")]
    [InlineData("GET http://elsewhere/v1/deployments HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData("GET /v1/deployments HTTP/1.1\r\nHost: a b\r\n\r\n")]
    public async Task AmbiguousFraming_IsRefused_AndNothingAfterItIsRead(string request)
    {
        var answers = await RawConnection.ExchangeAsync(_server.Host.BaseAddress.Port, request + Get + "Connection: close\r\n\r\n");
        var answer = Assert.Single(answers);
        Assert.InRange(answer.Status, 400, 499);
        Assert.Contains("close", answer.Headers["Connection"]);
    }

    [Theory]
    [InlineData("application/json; charset=bogus", 415)]
    [InlineData("application/json; charset=\"\"", 415)]
    [InlineData("application/json; charset=utf-7", 415)]
    [InlineData("application/json;;;;", 415)]
    [InlineData("\u00e4/json", 400)]
    [InlineData("", 415)]
    public async Task ACharsetNobodyKnows_IsA4xx(string type, int status)
    {
        foreach (var path in new[] { "/v1/deployments", "/v1/plan" })
        {
            var request = $"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {type}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}";
            Assert.Equal(status, Assert.Single(await RawConnection.ExchangeAsync(_server.Host.BaseAddress.Port, request)).Status);
        }
    }

    [Theory]
    [InlineData("[")]
    [InlineData("{\"input\":")]
    [InlineData("{\"hf_model_id\":")]
    public async Task JsonThatIs2000Deep_IsA4xx(string open)
    {
        var json = string.Concat(Enumerable.Repeat(open, 2000));
        var (status, body) = await _server.SendAsync(HttpMethod.Post, "/v1/deployments", json);
        Assert.Equal((400, "INVALID_JSON"), (status, body.GetProperty("code").GetString()));
    }

    [Fact]
    public async Task WhatIsFramedWell_IsAnswered_OneAfterTheOther()
    {
        var request = Get + "\r\n" + Post + "Content-Length: 2\r\n\r\n{}" + Post + "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1;a=b\r\n}\r\n0\r\n\r\n" + Post + "Content-Length: 0002\r\n\r\n{}" + Get + "Connection: close\r\n\r\n";
        var answers = await RawConnection.ExchangeAsync(_server.Host.BaseAddress.Port, request);
        Assert.Equal([200, 400, 400, 400, 200], answers.Select(answer => answer.Status));
        Assert.All(answers.Skip(1).Take(3), answer => Assert.Equal("INVALID_DEPLOYMENT_REQUEST", JsonDocument.Parse(answer.Body).RootElement.GetProperty("code").GetString()));
    }

    [Fact]
    public async Task Headers_BeyondTheirBounds_AreA4xx()
    {
        var port = _server.Host.BaseAddress.Port;
        var many = string.Concat(Enumerable.Range(0, 200).Select(n => string.Create(CultureInfo.InvariantCulture, $"X-{n}: y\r\n")));
        Assert.Equal(431, Assert.Single(await RawConnection.ExchangeAsync(port, Get + many + "\r\n")).Status);
        Assert.Equal(431, Assert.Single(await RawConnection.ExchangeAsync(port, Get + "X-A: " + new string('a', 40_000) + "\r\n\r\n")).Status);
        Assert.Equal(414, Assert.Single(await RawConnection.ExchangeAsync(port, $"GET /{new string('a', 9000)} HTTP/1.1\r\nHost: localhost\r\n\r\n")).Status);
    }

    [Fact]
    public async Task ABodyThatGrowsBeyondItsBound_Is413_LongBeforeItsEnd()
    {
        // 2 GB are announced; the server says no at once.
        var request = Encoding.ASCII.GetBytes(Post + "Content-Length: 2000000000\r\n\r\n" + new string(' ', 100_000));
        Assert.Equal(413, Assert.Single(await RawConnection.ExchangeAsync(_server.Host.BaseAddress.Port, request)).Status);
    }

    public sealed class Fixture : IAsyncLifetime
    {
        internal TestServer Server { get; private set; } = null!;

        public async Task InitializeAsync() => Server = await TestServer.StartAsync();

        public async Task DisposeAsync() => await Server.DisposeAsync();
    }
}
