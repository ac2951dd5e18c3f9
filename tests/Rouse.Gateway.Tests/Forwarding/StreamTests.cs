using System.Net;
using System.Net.Http;
using System.Net.Sockets;
using System.Text;
using Rouse.Gateway.Forwarding;

namespace Rouse.Gateway.Tests.Forwarding;

/// <summary>Bytes go on as they come, in both directions, and an end is told as the end it was.</summary>
public sealed class StreamTests
{
    private static readonly ForwardBounds s_impatient = new(1 << 20, TimeSpan.FromMilliseconds(300));

    [Fact]
    public async Task AnEventStream_HasBegunBeforeItsFirstEvent_AndEachEventComesAlone()
    {
        var steps = new SemaphoreSlim(0);
        await using var backend = new RawBackend(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
            for (var i = 0; i < 3; i++)
            {
                await steps.WaitAsync(connection.Ended);
                await connection.WriteAsync($"9\r\ndata: {i}\n\n\r\n");
            }

            await connection.WriteAsync("0\r\n\r\n");
        });
        await using var front = await Front.StartAsync(backend.Route);
        using var caller = await RawConnection.ToAsync(front.Port);
        await caller.WriteAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200 OK", await caller.ReadHeadAsync(), StringComparison.Ordinal);
        for (var i = 0; i < 3; i++)
        {
            steps.Release();
            Assert.Equal("9", await caller.ReadLineAsync());
            Assert.Equal($"data: {i}\n\n\r\n", Encoding.ASCII.GetString(await caller.ReadAsync(11)));
        }

        Assert.Equal("0", await caller.ReadLineAsync());
        await Until.TrueAsync(() => front.Results.Count == 1);
        Assert.Equal(new ForwardResult(ForwardOutcome.Relayed, 0, 27), front.Results.Single());
    }

    [Fact]
    public async Task TheBody_IsAskedForAtTheCaller_OnlyWhenTheBackendAsks()
    {
        var go = new TaskCompletionSource();
        var asked = new TaskCompletionSource();
        await using var backend = new RawBackend(async connection =>
        {
            var head = await connection.ReadHeadAsync();
            Assert.Equal("100-continue", new RawRequest(head!, []).Header("Expect"));
            asked.SetResult();
            await go.Task;
            await connection.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n");
            var body = await connection.ReadAsync(4);
            await connection.WriteAsync($"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n{Encoding.ASCII.GetString(body)}");
        });
        await using var front = await Front.StartAsync(backend.Route);
        using var caller = await RawConnection.ToAsync(front.Port);
        await caller.WriteAsync("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
        await asked.Task;
        var answer = caller.ReadHeadAsync();
        Assert.False(answer.IsCompleted);
        go.SetResult();
        Assert.Equal("HTTP/1.1 100 Continue", await answer);
        await caller.WriteAsync("body");
        Assert.StartsWith("HTTP/1.1 200", await caller.ReadHeadAsync(), StringComparison.Ordinal);
        Assert.Equal("body", Encoding.ASCII.GetString(await caller.ReadAsync(4)));
    }

    [Fact]
    public async Task ARefusalInPlaceOf100_IsRelayed_AndTheBodyNeverRead()
    {
        await using var backend = new RawBackend(async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.WriteAsync("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        });
        await using var front = await Front.StartAsync(backend.Route);
        using var caller = await RawConnection.ToAsync(front.Port);
        await caller.WriteAsync("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5000\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 401", await caller.ReadHeadAsync(), StringComparison.Ordinal);
        await Until.TrueAsync(() => front.Results.Count == 1);
        Assert.Equal(new ForwardResult(ForwardOutcome.Relayed, 0, 0), front.Results.Single());
    }

    [Theory]
    [InlineData("Content-Length: 100\r\n\r\n0123456789")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n20\r\nhalf")]
    public async Task ATruncatedAnswer_ResetsTheCallersStream(string answer)
    {
        var seen = new TaskCompletionSource();
        await using var backend = new RawBackend(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.WriteAsync("HTTP/1.1 200 OK\r\n" + answer);
            await seen.Task;
        });
        await using var front = await Front.StartAsync(backend.Route);
        using var caller = await RawConnection.ToAsync(front.Port);
        await caller.WriteAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200", await caller.ReadHeadAsync(), StringComparison.Ordinal);
        if (answer.StartsWith('T')) await caller.ReadLineAsync();
        await caller.ReadAsync(10);
        seen.SetResult();
        var rest = await Record.ExceptionAsync(async () => Assert.DoesNotContain("0\r\n\r\n", await caller.ReadToEndAsync(), StringComparison.Ordinal));
        Assert.True(rest is null or IOException, rest?.ToString());
        await Until.TrueAsync(() => front.Results.Count == 1);
        Assert.Equal(ForwardOutcome.Truncated, front.Results.Single().Outcome);
    }

    [Fact]
    public async Task OverHttp2_ATruncatedAnswerIsAReset_AndTrailersArrive()
    {
        await using var backend = new RawBackend(async connection =>
        {
            while (await connection.ReadRequestAsync() is { } request)
            {
                await connection.WriteAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\nok\r\n");
                if (request.Target == "/cut") return;
                await connection.WriteAsync("0\r\nX-Sum: 42\r\nX-Rouse-Lie: 1\r\n\r\n");
            }
        });
        await using var front = await Front.StartAsync(backend.Route, http2: true);
        using var client = front.Client();
        using var whole = await client.SendAsync(Http2(front, "/whole"), CancellationToken.None);
        Assert.Equal("ok", await whole.Content.ReadAsStringAsync());
        Assert.Equal("42", Assert.Single(whole.TrailingHeaders.GetValues("X-Sum")));
        Assert.Single(whole.TrailingHeaders);
        using var cut = await client.SendAsync(Http2(front, "/cut"), CancellationToken.None);
        var error = await Assert.ThrowsAsync<HttpRequestException>(() => cut.Content.ReadAsStringAsync());
        Assert.Contains("reset", error.ToString(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task AnUpgradedConnection_CarriesBytesBothWays_UntilOneSideEndsIt()
    {
        await using var backend = new RawBackend(async connection =>
        {
            var request = await connection.ReadRequestAsync();
            Assert.Equal("websocket", request!.Header("Upgrade"));
            Assert.Equal("Upgrade", request.Header("Connection"));
            Assert.Equal("dGhlIHNhbXBsZSBub25jZQ==", request.Header("Sec-WebSocket-Key"));
            await connection.WriteAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
            await connection.WriteAsync(await connection.ReadAsync(5));
        });
        await using var front = await Front.StartAsync(backend.Route);
        using var caller = await RawConnection.ToAsync(front.Port);
        await caller.WriteAsync("GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
        var head = await caller.ReadHeadAsync();
        Assert.StartsWith("HTTP/1.1 101", head, StringComparison.Ordinal);
        Assert.Equal("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", new RawRequest(head!, []).Header("Sec-WebSocket-Accept"));
        await caller.WriteAsync("hello");
        Assert.Equal("hello", await caller.ReadToEndAsync());
        await Until.TrueAsync(() => front.Results.Count == 1);
        Assert.Equal(new ForwardResult(ForwardOutcome.Relayed, 5, 5), front.Results.Single());
    }

    [Fact]
    public async Task ACallerThatLeaves_EndsTheBackendsRequest()
    {
        var came = new TaskCompletionSource();
        var ended = new TaskCompletionSource();
        await using var backend = new RawBackend(async connection =>
        {
            await connection.ReadRequestAsync();
            came.SetResult();
            await connection.ReadToEndAsync();
            ended.SetResult();
        });
        await using var front = await Front.StartAsync(backend.Route);
        using (var caller = await RawConnection.ToAsync(front.Port))
        {
            await caller.WriteAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
            await came.Task;
        }

        await ended.Task.WaitAsync(TimeSpan.FromSeconds(20));
        await Until.TrueAsync(() => front.Results.Count == 1);
        Assert.Equal(ForwardOutcome.CallerGone, front.Results.Single().Outcome);
    }

    [Fact]
    public async Task ASilentBackend_IsTimedOut_BeforeItsAnswer_AndTruncatedWithinIt()
    {
        var answers = new Queue<string>(["", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n"]);
        await using var backend = new RawBackend(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.WriteAsync(answers.Dequeue());
            await connection.ReadToEndAsync();
        });
        await using var front = await Front.StartAsync(backend.Route, s_impatient);
        foreach (var outcome in new[] { ForwardOutcome.TimedOut, ForwardOutcome.Truncated })
        {
            using var caller = await RawConnection.ToAsync(front.Port);
            await caller.WriteAsync("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            await Record.ExceptionAsync(caller.ReadToEndAsync);
            await Until.TrueAsync(() => !front.Results.IsEmpty);
            Assert.True(front.Results.TryDequeue(out var result));
            Assert.Equal(outcome, result.Outcome);
        }
    }

    [Fact]
    public async Task WhereNobodyListens_NothingWasSent()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        await using var front = await Front.StartAsync(new("b", new Uri($"http://127.0.0.1:{port}")));
        using var caller = await RawConnection.ToAsync(front.Port);
        await caller.WriteAsync("POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi");
        Assert.StartsWith($"HTTP/1.1 {Front.NothingRelayed}", await caller.ReadHeadAsync(), StringComparison.Ordinal);
        Assert.Equal(new ForwardResult(ForwardOutcome.NotSent, 0, 0), front.Results.Single());
    }

    [Theory]
    [InlineData("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", "Content-Length: 500")]
    [InlineData("GET", "HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 204")]
    [InlineData("GET", "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n", "ETag: \"a\"")]
    [InlineData("POST", "HTTP/1.1 503 Try Later\r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 503 Try Later")]
    public async Task AnswersWithoutABody_AndFaultsOfTheBackends_AreRelayedAsTheyAre(string method, string answer, string expected)
    {
        await using var backend = RawBackend.Answering(answer);
        await using var front = await Front.StartAsync(backend.Route);
        using var caller = await RawConnection.ToAsync(front.Port);
        for (var i = 0; i < 2; i++)
        {
            await caller.WriteAsync($"{method} / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
            Assert.Contains(expected, await caller.ReadHeadAsync(), StringComparison.Ordinal);
        }

        await Until.TrueAsync(() => front.Results.Count == 2);
        Assert.All(front.Results, result => Assert.Equal(new ForwardResult(ForwardOutcome.Relayed, 0, 0), result));
    }

    private static HttpRequestMessage Http2(Front front, string path) => new(HttpMethod.Get, new Uri(front.Address, path)) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
}
