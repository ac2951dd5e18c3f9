using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Rouse.Gateway.Forwarding;
using Xunit.Abstractions;

namespace Rouse.Gateway.Tests.Forwarding;

/// <summary>
/// Requests with bytes changed, each followed on its connection by a canary. What the backend is asked is what the front was asked, no more and nothing else, and whatever is wrong with
/// a request is told as its sender's fault. <c>ROUSE_GATEWAY_MUTATIONS</c> asks for more of them.
/// </summary>
public sealed class MutationTests(ITestOutputHelper output)
{
    private const int Lanes = 8;

    /// <summary>Long enough for a machine at its limits.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    /// <summary>Of a connection that says no more: the request waits for bytes that do not come.</summary>
    private static readonly TimeSpan s_silence = TimeSpan.FromMilliseconds(150);

    private static readonly int s_count = int.TryParse(Environment.GetEnvironmentVariable("ROUSE_GATEWAY_MUTATIONS"), CultureInfo.InvariantCulture, out var count) ? count : 2_000;

    [Fact]
    public async Task ChangedBytes_DesyncNothing_AndAreNeverOurFault()
    {
        var lanes = await Task.WhenAll(Enumerable.Range(0, Lanes).Select(static lane => Task.Run(() => RunAsync(lane))));
        var statuses = lanes.SelectMany(lane => lane.Statuses).CountBy(status => status).OrderBy(pair => pair.Key);
        output.WriteLine($"{s_count} mutations: {string.Join(", ", statuses.Select(pair => $"{pair.Key}: {pair.Value}"))}; forwarded {lanes.Sum(lane => lane.Forwarded)}");
        Assert.Empty(lanes.SelectMany(lane => lane.Faults));
        Assert.True(lanes.Sum(lane => lane.Forwarded) > s_count, "Too few got as far as the backend for this to mean something.");
    }

    [Fact]
    public async Task UnchangedSeeds_AreAllRelayed()
    {
        var lane = new Lane();
        await using var backend = new RawBackend(lane.ServeAsync);
        await using var front = await FrontAsync(lane, backend);
        foreach (var seed in MutationSeeds.All)
        {
            var answers = await SendAsync(front, Encoding.Latin1.GetBytes(seed), "/canary", s_patience);
            Assert.StartsWith("HTTP/1.1 200", answers, StringComparison.Ordinal);
        }

        Assert.Empty(lane.Faults);
        Assert.Equal(lane.Asked.Order(StringComparer.Ordinal), lane.ForwardedTargets.Order(StringComparer.Ordinal));
    }

    private static async Task<Lane> RunAsync(int number)
    {
        var lane = new Lane();
        await using var backend = new RawBackend(lane.ServeAsync);
        await using var front = await FrontAsync(lane, backend);
        for (var i = number; i < s_count; i += Lanes)
        {
            var bytes = MutationSeeds.Mutated(i);
            lane.Judge(i, bytes, await SendAsync(front, bytes, $"/canary-{i}", s_silence));
            using var caller = await RawConnection.ToAsync(front.Port);
            await caller.WriteAsync($"GET /check-{i} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            if (!(await caller.ReadToEndAsync()).EndsWith($"\r\n\r\n/check-{i}", StringComparison.Ordinal)) lane.Faults.Enqueue($"{i}: another's answer, {Encoding.Latin1.GetString(bytes)}");
        }

        return lane;
    }

    private static Task<Front> FrontAsync(Lane lane, RawBackend backend) => Front.StartAsync(
        backend.Route, handle: async (context, forwarder) =>
        {
            var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
            if (target is not ['/', ..]) target = BackendTarget.TryTakeRest(target, "/", "abs", out var rest) ? rest : target;
            lane.Asked.Enqueue(target);
            var result = await forwarder.SendAsync(context, backend.Route, target, new ForwardBounds(1 << 20, TimeSpan.FromSeconds(20)), CancellationToken.None);
            if (result.Outcome is ForwardOutcome.Relayed or ForwardOutcome.CallerGone || context.Response.HasStarted) return;
            context.Response.StatusCode = result.RefusedWith > 0 ? result.RefusedWith : Front.NothingRelayed;
            context.Response.Headers.Connection = "close";
        });

    private static async Task<string> SendAsync(Front front, byte[] bytes, string canary, TimeSpan patience)
    {
        using var silence = new CancellationTokenSource();
        using var caller = await RawConnection.ToAsync(front.Port, silence.Token);
        var text = new StringBuilder();
        try
        {
            await caller.WriteAsync(bytes);
            await caller.WriteAsync($"GET {canary} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            while (true)
            {
                silence.CancelAfter(patience);
                if (await caller.ReadSomeAsync() is not { Length: > 0 } some) return text.ToString();
                text.Append(some);
            }
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            return text.ToString();
        }
    }

    /// <summary>One connection after the other to a front and a backend of its own.</summary>
    private sealed class Lane
    {
        public ConcurrentQueue<string> Asked { get; } = new();

        public ConcurrentQueue<string> Faults { get; } = new();

        public ConcurrentQueue<int> Statuses { get; } = new();

        public int Forwarded => _forwarded.Count;

        public IEnumerable<string> ForwardedTargets => _forwarded;

        private readonly ConcurrentQueue<string> _forwarded = new();

        /// <summary>Reads strictly, and answers with the target it read.</summary>
        public async Task ServeAsync(RawConnection connection)
        {
            try
            {
                while (await connection.ReadRequestAsync() is { } request)
                {
                    if (request.Headers("Content-Length").Count() + request.Headers("Transfer-Encoding").Count() > 1 || request.Headers("Host").Count() != 1 || request.Line.Split(' ').Length != 3)
                    {
                        Faults.Enqueue("ambiguous at the backend: " + request.Head);
                    }

                    _forwarded.Enqueue(request.Target);
                    var body = request.Line.StartsWith("HEAD ", StringComparison.Ordinal) ? "" : request.Target;
                    await connection.WriteAsync($"HTTP/1.1 200 OK\r\nContent-Length: {request.Target.Length}\r\n\r\n{body}");
                }
            }
            catch (Exception error) when (error is FormatException or OverflowException or ArgumentException or IndexOutOfRangeException)
            {
                Faults.Enqueue("unreadable at the backend: " + error);
            }
        }

        public void Judge(int number, byte[] bytes, string answers)
        {
            foreach (var line in answers.Split("\r\n").Where(line => line.StartsWith("HTTP/1.1 ", StringComparison.Ordinal)))
            {
                var status = int.Parse(line.AsSpan("HTTP/1.1 ".Length, 3), CultureInfo.InvariantCulture);
                Statuses.Enqueue(status);
                // 505 is what a version that there is not deserves (RFC 9110 §15.6.6), and comes from before the forwarder.
                if (status >= StatusCodes.Status500InternalServerError && status != StatusCodes.Status505HttpVersionNotsupported) Faults.Enqueue($"{number}: {status} for {Encoding.Latin1.GetString(bytes)}");
            }

            // One in, at most one out, and what came out is what went in.
            var asked = Asked.ToList();
            var extra = _forwarded.Where(target => !asked.Remove(target)).ToList();
            if (extra.Count > 0) Faults.Enqueue($"{number}: asked for what nobody asked, {string.Join(' ', extra)}, by {Encoding.Latin1.GetString(bytes)}");
        }
    }
}
