using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.ServiceJobs;

/// <summary>A queued request whose service resets the connection, at each of six stages: the next attempt brings the same bytes.</summary>
public sealed class StageTests
{
    private static readonly byte[] s_body = RandomNumberGenerator.GetBytes(300_000);
    private static readonly TimeSpan s_retryDelay = TimeSpan.FromMilliseconds(200);

    public enum Stage
    {
        BeforeAccept,
        AfterAccept,
        AfterHead,
        MidBody,
        AfterAnswerHead,
        MidAnswer,
    }

    [Theory]
    [InlineData(Stage.BeforeAccept)]
    [InlineData(Stage.AfterAccept)]
    [InlineData(Stage.AfterHead)]
    [InlineData(Stage.MidBody)]
    [InlineData(Stage.AfterAnswerHead)]
    [InlineData(Stage.MidAnswer)]
    public async Task AfterAReset_TheSameBytesAreSentAgain_AndOneWholeAnswerIsKept(Stage stage)
    {
        await using var service = new BreakingService(stage);
        await using var app = await ServiceApp.StartAsync();
        var job = await app.ProcessAsync(app.AddRoute(service.Address, one => one with { RetryDelay = s_retryDelay }), new ByteArrayContent(s_body));
        if (stage == Stage.BeforeAccept)
        {
            await Eventually.TrueAsync(async () => (await app.JobAsync(job)).GetProperty("attempts").EnumerateArray().Any(attempt => attempt.TryGetProperty("outcome", out _)));
            service.Listen();
        }

        var ended = await app.EndedAsync(job);
        Assert.Equal("completed", ended.GetProperty("status").GetString());
        var outcomes = ended.GetProperty("attempts").EnumerateArray().Select(attempt => attempt.GetProperty("outcome").GetString()).ToList();
        Assert.Equal("answered", outcomes[^1]);
        // As often as it took until the service listened, on a slow machine; a reset is of the first connection alone.
        Assert.InRange(outcomes.Count, 2, stage == Stage.BeforeAccept ? int.MaxValue : 4);
        Assert.All(outcomes[..^1], outcome => Assert.Equal("connection_fault", outcome));
        Assert.NotEmpty(service.Bodies);
        Assert.All(service.Bodies, body => Assert.Equal(SHA256.HashData(s_body.AsSpan(0, body.Length)), SHA256.HashData(body)));
        Assert.Equal(s_body.Length, service.Bodies.Last().Length);
        Assert.Equal("whole", await app.Http.GetStringAsync(new Uri($"/api/jobs/{job}/result", UriKind.Relative)));
    }

    /// <summary>Bare sockets: resets the first connection where it is told to, and answers on those after it.</summary>
    private sealed class BreakingService : IAsyncDisposable
    {
        private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        private readonly CancellationTokenSource _end = new();
        private readonly Stage _stage;
        private Task _accepting = Task.CompletedTask;

        public BreakingService(Stage stage)
        {
            _stage = stage;
            _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            Address = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndPoint!).Port}"));
            if (stage != Stage.BeforeAccept) Listen();
        }

        public Uri Address { get; }

        /// <summary>As far as each was read.</summary>
        public ConcurrentQueue<byte[]> Bodies { get; } = new();

        /// <summary>Until then connections are refused.</summary>
        public void Listen()
        {
            _listener.Listen();
            _accepting = AcceptAsync();
        }

        public async ValueTask DisposeAsync()
        {
            await _end.CancelAsync();
            _listener.Dispose();
            await _accepting;
            _end.Dispose();
        }

        private async Task AcceptAsync()
        {
            var isFirst = _stage != Stage.BeforeAccept;
            try
            {
                for (; ; isFirst = false)
                {
                    using var socket = await _listener.AcceptAsync(_end.Token);
                    await using var stream = new NetworkStream(socket);
                    await ServeAsync(stream, isFirst ? _stage : null);
                    // The other side cannot take this for a clean end.
                    if (isFirst) socket.LingerState = new LingerOption(enable: true, seconds: 0);
                }
            }
            catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        }

        private async Task ServeAsync(NetworkStream stream, Stage? ends)
        {
            if (ends == Stage.AfterAccept) return;
            var length = await ReadHeadAsync(stream);
            if (ends == Stage.AfterHead) return;
            var body = new byte[ends == Stage.MidBody ? length / 2 : length];
            await stream.ReadExactlyAsync(body, _end.Token);
            Bodies.Enqueue(body);
            if (ends == Stage.MidBody) return;
            await WriteAsync(stream, ends is null ? "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nwhole" : "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
            if (ends == Stage.MidAnswer) await WriteAsync(stream, "a part of it");
        }

        /// <returns>The body's length.</returns>
        private async Task<int> ReadHeadAsync(NetworkStream stream)
        {
            var head = new StringBuilder();
            var one = new byte[1];
            while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
            {
                await stream.ReadExactlyAsync(one, _end.Token);
                head.Append((char)one[0]);
            }

            return int.Parse(
                head.ToString().Split("\r\n").Single(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase)).Split(':')[1], CultureInfo.InvariantCulture);
        }

        private async Task WriteAsync(NetworkStream stream, string text) => await stream.WriteAsync(Encoding.ASCII.GetBytes(text), _end.Token);
    }
}
