using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Rouse.Server.Egress;
using Xunit.Abstractions;

namespace Rouse.Server.Tests.Egress;

/// <summary>Whatever a URL is spelled like and whatever its name resolves to, nothing inside is reached, and nothing is told of it.</summary>
public sealed class EgressHandlerTests(ITestOutputHelper output)
{
    private const int Rounds = 1_000;

    [Fact]
    public async Task Spellings_OfInternalTargets_ReachNothing()
    {
        await using var canary = new Canary();
        using var http = new HttpMessageInvoker(EgressHandler.Create(Strangers(), 8));
        var urls = InternalSpellings.Urls(canary.Port);
        var outcomes = await OutcomesAsync(http, urls);
        output.WriteLine($"{urls.Count} spellings, {outcomes.Count(static outcome => outcome.Value != "no URL")} of them URLs: {canary.Connections} reached the canary");
        Assert.True(outcomes.Count(static outcome => outcome.Value != "no URL") >= 300);
        Assert.Equal(0, canary.Connections);
        // Blocked, unresolvable, refusing: one and the same.
        Assert.Equal("HttpRequestException ConnectionError HostUnreachable", string.Join(" | ", outcomes.Values.Where(static outcome => outcome != "no URL").Distinct()));
    }

    [Fact]
    public async Task WithoutTheGuard_TheSameSpellings_ReachTheCanary()
    {
        await using var canary = new Canary();
        using var http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectTimeout = TimeSpan.FromSeconds(2),
            // The same name service, and no way out of this machine for what is not on it.
            ConnectCallback = async (context, ct) =>
            {
                var addresses = await InternalSpellings.ResolveAsync(context.DnsEndPoint.Host, ct);
                var here = addresses.Where(static address => IPAddress.IsLoopback(address) || address.IsIPv4MappedToIPv6 || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)).ToArray();
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(here.Length > 0 ? here : throw new SocketException((int)SocketError.HostUnreachable), context.DnsEndPoint.Port, ct);
                return new NetworkStream(socket, ownsSocket: true);
            },
        });
        var urls = InternalSpellings.Urls(canary.Port);
        await OutcomesAsync(http, urls);
        output.WriteLine($"{urls.Count} spellings: {canary.Connections} reached the canary");
        Assert.True(canary.Connections >= 50, $"Only {canary.Connections} came through: the list has lost its point.");
    }

    [Fact]
    public async Task WhatIsBlocked_LooksLikeWhatIsNotThere()
    {
        await using var canary = new Canary();
        using var closed = new TcpListener(IPAddress.Parse("127.0.0.2"), 0);
        closed.Start();
        var port = ((IPEndPoint)closed.LocalEndpoint).Port;
        closed.Stop();
        using var http = new HttpMessageInvoker(EgressHandler.Create(Strangers("127.0.0.2"), 8));
        var blocked = await OutcomeAsync(http, $"http://127.0.0.1:{canary.Port}/");
        Assert.Equal(blocked, await OutcomeAsync(http, $"http://127.0.0.1:{port}/"));
        Assert.Equal(blocked, await OutcomeAsync(http, $"http://127.0.0.2:{port}/"));
        Assert.Equal(blocked, await OutcomeAsync(http, $"http://no-such-name.test:{canary.Port}/"));
        Assert.Equal(0, canary.Connections);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task ANameThatChangesItsMind_ReachesOnlyWhatWasChecked(int seed)
    {
        // 127.0.0.2 stands for the public internet. The name turns between it and the canary's address, first this way and then that.
        var open = IPAddress.Parse("127.0.0.2");
        await using var canary = new Canary(open);
        var chance = new Random(seed);
        var asked = 0;
        IPAddress[][] answers = [[open], [IPAddress.Loopback], [open, IPAddress.Loopback], [IPAddress.IPv6Loopback], [IPAddress.Parse("::ffff:127.0.0.1")]];
        var policy = EgressPolicy.Parse("127.0.0.2", allowLoopback: false, (_, _) =>
        {
            lock (chance) return Task.FromResult(Interlocked.Increment(ref asked) % 2 == 1 ? answers[0] : answers[chance.Next(answers.Length)]);
        }, static _ => { });
        await Parallel.ForEachAsync(Enumerable.Range(0, Rounds), async (round, _) =>
        {
            // A handler for each, so that each makes a connection.
            using var http = new HttpMessageInvoker(EgressHandler.Create(policy, 1));
            await OutcomeAsync(http, $"http://turns.test:{canary.Port}/{round}");
        });
        output.WriteLine($"{Rounds} races, {asked} questions: {canary.Visits} went where they may, {canary.Connections} reached the canary");
        Assert.True(canary.Visits >= Rounds / 2);
        Assert.Equal(0, canary.Connections);
    }

    [Fact]
    public async Task WhatTheOperatorAllows_IsReached()
    {
        await using var canary = new Canary();
        foreach (var (allowed, url) in new[] { ("127.0.0.0/8", "http://127.0.0.1"), ("::1", "http://[::1]"), ("localhost", "http://localhost"), ("internal.test", "http://INTERNAL.test") })
        {
            var before = canary.Connections;
            using var http = new HttpMessageInvoker(EgressHandler.Create(Strangers(allowed), 1));
            await OutcomeAsync(http, $"{url}:{canary.Port}/");
            Assert.True(canary.Connections > before, allowed);
        }
    }

    [Fact]
    public async Task AnOperatorsEndpoint_IsReachedAtItsPort_AndNowhereElse()
    {
        await using var canary = new Canary();
        await using var other = new Canary();
        using var http = new HttpMessageInvoker(EgressHandler.Create(Strangers().With(new Uri($"http://LocalHost:{canary.Port}/hub")), 1));
        await OutcomeAsync(http, $"http://localhost:{canary.Port}/");
        await OutcomeAsync(http, $"http://localhost:{other.Port}/");
        await OutcomeAsync(http, $"http://127.0.0.1:{canary.Port}/");
        Assert.Equal((1, 0), (canary.Connections, other.Connections));
    }

    [Theory]
    [InlineData(80, true)]
    [InlineData(443, true)]
    [InlineData(8443, true)]
    [InlineData(22, false)]
    [InlineData(25, false)]
    [InlineData(465, false)]
    public void Ports_OfOtherProtocols_AreNotForUrls(int port, bool allowed) =>
        Assert.Equal(allowed, EgressPolicy.Parse(null, allowLoopback: false).Allows("example.com", port, [IPAddress.Parse("93.184.216.34")]));

    [Theory]
    [InlineData("10.0.0.0/33")]
    [InlineData("http://example.com")]
    [InlineData("a b")]
    public void ASettingThatCannotBeRead_SaysWhichPart(string entry) =>
        Assert.Contains(entry, Assert.Throws<FormatException>(() => EgressPolicy.Parse("10.0.0.0/8, " + entry, allowLoopback: false)).Message, StringComparison.Ordinal);

    private static EgressPolicy Strangers(string? allowed = null) => EgressPolicy.Parse(allowed, allowLoopback: false, InternalSpellings.ResolveAsync, static _ => { });

    private static async Task<ConcurrentDictionary<string, string>> OutcomesAsync(HttpMessageInvoker http, IReadOnlyList<string> urls)
    {
        ConcurrentDictionary<string, string> outcomes = new(StringComparer.Ordinal);
        await Parallel.ForEachAsync(urls, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (url, _) => outcomes[url] = await OutcomeAsync(http, url));
        return outcomes;
    }

    private static async Task<string> OutcomeAsync(HttpMessageInvoker http, string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https")) return "no URL";
        try
        {
            using var response = await http.SendAsync(new HttpRequestMessage(HttpMethod.Post, uri), CancellationToken.None);
            return $"{(int)response.StatusCode}";
        }
        catch (Exception error)
        {
            var request = error as HttpRequestException;
            return $"{error.GetType().Name} {request?.HttpRequestError} {(error.InnerException as SocketException)?.SocketErrorCode}";
        }
    }
}
