using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Rouse.Server.Http;
using Rouse.Server.Tests.Host;
using Xunit.Abstractions;

namespace Rouse.Server.Tests.Edge;

/// <summary>
/// Requests whose bytes were changed by chance, each followed by a well-formed one on the same connection. Whatever comes in, nothing is answered 5xx, what is
/// sent back stays in step, and the request that follows is answered itself or not at all. <c>ROUSE_EDGE_MUTATIONS</c> sets how many.
/// </summary>
public sealed class MutationTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Default = 4_000;
    private const string Echo = "X-Path-Seen";

    private TestServer _server = null!;

    public async Task InitializeAsync() => _server = await TestServer.StartAsync(options => options with
    {
        // Nobody answers there, so that a request that has become valid by chance leads nowhere.
        HubEndpoint = "http://127.0.0.1:1",
        // A request that announces more than it sends is waited for, and so is one after the canary has been taken for a body; shorter, for the test's sake.
        Edge = new EdgeLimits { HeaderTime = TimeSpan.FromSeconds(1), IdleTime = TimeSpan.FromSeconds(1), BodyGrace = TimeSpan.FromSeconds(1.1), MinBodyRate = 100_000 },
        Wrap = static app => app.Use((context, next) =>
        {
            context.Response.OnStarting(() =>
            {
                context.Response.Headers[Echo] = Uri.EscapeDataString(context.Request.Path.Value ?? "");
                return Task.CompletedTask;
            });
            return next(context);
        }),
    });

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task MutatedRequests_AreNever5xx_AndNeverLoseStep()
    {
        var count = int.TryParse(Environment.GetEnvironmentVariable("ROUSE_EDGE_MUTATIONS"), NumberStyles.None, CultureInfo.InvariantCulture, out var set) ? set : Default;
        ConcurrentDictionary<int, int> statuses = new();
        ConcurrentBag<string> faults = [];
        var canaries = 0;
        await Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = 128 }, async (seed, _) =>
        {
            var mutated = RequestMutations.Mutate(new Random(seed));
            var path = string.Create(CultureInfo.InvariantCulture, $"/canary/{seed}");
            var canary = Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            try
            {
                var answers = await RawConnection.ExchangeAsync(_server.Host.BaseAddress.Port, mutated, canary);
                foreach (var answer in answers) statuses.AddOrUpdate(answer.Status, 1, static (_, sum) => sum + 1);
                // 505 is the one that names the client's fault: its version of HTTP is none that is spoken here.
                if (answers.Any(static answer => answer.Status is >= 500 and not 505)) faults.Add($"seed {seed}: 5xx for {Show(mutated)}");
                var seen = answers.Select(static answer => answer.Headers[Echo].FirstOrDefault()).ToList();
                var own = seen.IndexOf(Uri.EscapeDataString(path));
                if (own >= 0) Interlocked.Increment(ref canaries);
                // Its own answer ends the connection, so it is the last; and it is not answered twice.
                if (own >= 0 && own != answers.Count - 1) faults.Add($"seed {seed}: out of step after {Show(mutated)}");
                if (own >= 0 && answers[own].Status != 404) faults.Add($"seed {seed}: the canary was answered {answers[own].Status} after {Show(mutated)}");
            }
            catch (FormatException error)
            {
                faults.Add($"seed {seed}: {error.Message} for {Show(mutated)}");
            }
        });
        output.WriteLine($"{count} mutations: {string.Join(", ", statuses.OrderBy(static pair => pair.Key).Select(static pair => $"{pair.Value} × {pair.Key}"))}; {canaries} canaries answered");
        Assert.Empty(faults);
        Assert.True(canaries >= count / 10, "Hardly any request left its connection usable: the mutations are too coarse.");
    }

    private static string Show(byte[] request) => Encoding.Latin1.GetString(request).Replace("\r", "\\r", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
