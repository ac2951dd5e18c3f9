using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Rouse.Gateway.Forwarding;
using Rouse.Gateway.Routing;

namespace Rouse.Gateway.Tests.Forwarding;

/// <summary>A backend's connection is reset at each of six stages, by one that tries again whatever may be tried again.</summary>
public sealed class StageTests
{
    public enum Stage
    {
        BeforeAccept,
        AfterAccept,
        AfterHead,
        MidBody,
        AfterAnswerHead,
        MidAnswer,
    }

    public static TheoryData<Stage, int> Cases
    {
        get
        {
            var cases = new TheoryData<Stage, int>();
            foreach (var stage in Enum.GetValues<Stage>())
            {
                cases.Add(stage, 100);
                cases.Add(stage, 300_000);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task AfterAReset_TheBodyArrivesWhole_AndNothingIsRepeatedOnceAByteWasRelayed(Stage stage, int bytes)
    {
        var body = Enumerable.Range(0, bytes).Select(i => (byte)(i * 7 % 251)).ToArray();
        var relayed = new TaskCompletionSource();
        var first = true;
        await using var backend = new RawBackend(async connection =>
        {
            if (stage != Stage.BeforeAccept && Interlocked.Exchange(ref first, false))
            {
                await BreakAsync(connection, stage, bytes, relayed.Task);
                connection.Reset();
                return;
            }

            while (await connection.ReadRequestAsync() is not null) await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond");
        });
        var outcomes = new ConcurrentQueue<ForwardOutcome>();
        await using var front = await Front.StartAsync(backend.Route, handle: async (context, forwarder) =>
        {
            using var kept = new MemoryStream();
            await context.Request.Body.CopyToAsync(kept, context.RequestAborted);
            for (var attempt = 0; attempt < 3; attempt++)
            {
                context.Request.Body = new MemoryStream(kept.ToArray(), writable: false);
                var route = stage == Stage.BeforeAccept && attempt == 0 ? new RouteBackend("b0", new Uri("http://127.0.0.1:1")) : backend.Route;
                var result = await forwarder.SendAsync(context, route, "/", new ForwardBounds(1 << 20, TimeSpan.FromSeconds(20)), CancellationToken.None);
                outcomes.Enqueue(result.Outcome);
                if (result.Outcome == ForwardOutcome.Relayed || context.Response.HasStarted) return;
            }

            context.Response.StatusCode = StatusCodes.Status502BadGateway;
        });
        using var caller = await RawConnection.ToAsync(front.Port);
        await caller.WriteAsync($"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: {bytes}\r\n\r\n");
        await caller.WriteAsync(body);
        Assert.StartsWith("HTTP/1.1 200", await caller.ReadHeadAsync(), StringComparison.Ordinal);
        var start = Encoding.ASCII.GetString(await caller.ReadAsync(6));
        if (stage == Stage.MidAnswer)
        {
            relayed.SetResult();
            var rest = await Record.ExceptionAsync(async () => Assert.Equal("", await caller.ReadToEndAsync()));
            Assert.True(rest is null or IOException, rest?.ToString());
            await Until.TrueAsync(() => !outcomes.IsEmpty);
            Assert.Equal("first-", start);
            Assert.Equal([ForwardOutcome.Truncated], outcomes);
            Assert.Equal(1, backend.Connections);
            return;
        }

        Assert.Equal("second", start);
        // A connection that is reset as soon as it is there may never have been one for this side.
        ForwardOutcome[] expected = stage switch
        {
            Stage.BeforeAccept => [ForwardOutcome.NotSent],
            Stage.AfterAccept => [ForwardOutcome.NotSent, ForwardOutcome.Failed],
            _ => [ForwardOutcome.Failed],
        };
        // The caller has its answer before the server knows that it has.
        await Until.TrueAsync(() => outcomes.Count > 1);
        Assert.Contains(outcomes.First(), expected);
        Assert.Equal([ForwardOutcome.Relayed], outcomes.Skip(1));
        Assert.Equal(SHA256.HashData(body), SHA256.HashData(backend.Requests.Last().Body));
    }

    private static async Task BreakAsync(RawConnection connection, Stage stage, int bytes, Task relayed)
    {
        if (stage == Stage.AfterAccept) return;
        await connection.ReadHeadAsync();
        if (stage == Stage.AfterHead) return;
        await connection.ReadAsync(bytes / 2);
        if (stage == Stage.MidBody) return;
        await connection.ReadAsync(bytes - (bytes / 2));
        await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n");
        if (stage == Stage.AfterAnswerHead) return;
        await connection.WriteAsync("first-");
        await relayed;
    }

    [Theory]
    [InlineData("POST", false)]
    [InlineData("DELETE", false)]
    [InlineData("GET", true)]
    public async Task OnAKeptConnectionThatCloses_OnlyWhatIsSafeIsSentAgain(string method, bool again)
    {
        await using var backend = new RawBackend(async connection =>
        {
            // The first answer keeps the connection; the second request on it is taken, executed, and the connection closed without a word.
            await connection.ReadRequestAsync();
            await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            await connection.ReadRequestAsync();
        });
        await using var front = await Front.StartAsync(backend.Route);
        using var caller = await RawConnection.ToAsync(front.Port);
        await caller.WriteAsync("GET /first HTTP/1.1\r\nHost: x\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200", await caller.ReadHeadAsync(), StringComparison.Ordinal);
        await caller.WriteAsync($"{method} /second HTTP/1.1\r\nHost: x\r\n\r\n");
        Assert.StartsWith(again ? "HTTP/1.1 200" : $"HTTP/1.1 {Front.NothingRelayed}", await caller.ReadHeadAsync(), StringComparison.Ordinal);
        Assert.Equal(again ? 2 : 1, backend.Requests.Count(request => request.Target == "/second"));
        Assert.Equal(again ? ForwardOutcome.Relayed : ForwardOutcome.Failed, front.Results.Last().Outcome);
    }
}
