using System.Net;
using System.Text.Json;
using Rouse.Server.Tests.Host;

namespace Rouse.Server.Tests.Edge;

/// <summary>100 requests in a minute of a verified tenant, 200 from an address, and those who did not send them are not kept waiting.</summary>
public sealed class RateLimitTests
{
    private const string Alice = "the-key-of-alice-1234";
    private const string Bob = "the-key-of-bob-567890";
    private const string Nobody = "dep_00000000000000000000000000";

    [Fact]
    public async Task ATenant_Gets100InAMinute_Then429_AndAnotherIsServed()
    {
        await using var server = await StartAsync();
        for (var i = 0; i < 100; i++) Assert.Equal(200, await AskAsync(server, Alice));
        await AssertRefusedAsync(server, Alice);
        Assert.Equal(200, await AskAsync(server, Bob));
    }

    [Fact]
    public async Task AnAddress_Gets200InAMinute_WhoeverItClaimsToBe()
    {
        await using var server = await StartAsync();
        // Guesses, each another: the seed counted those by what they claimed to be.
        for (var i = 0; i < 200; i++) Assert.Equal(401, await AskAsync(server, $"a-guess-of-a-key-{i}"));
        await AssertRefusedAsync(server, "one-more-guess-of-a-key");
        // Guessing on where jobs are sent does not help.
        Assert.Equal(429, await AskAsync(server, "one-more-guess-of-a-key", $"/v2/{Nobody}/health"));
        Assert.Equal(200, await AskAsync(server, Alice, "/health"));
        Assert.Equal(200, await AskAsync(server, Alice, "/readiness"));
    }

    [Fact]
    public async Task Guesses_AtTheJobPlane_CountForTheAddress()
    {
        await using var server = await StartAsync();
        for (var i = 0; i < 200; i++) Assert.Equal(401, await AskAsync(server, $"a-guess-of-a-key-{i}", $"/v2/{Nobody}/health"));
        await AssertRefusedAsync(server, "one-more-guess-of-a-key");
    }

    [Fact]
    public async Task Jobs_HaveABoundOfTheirOwn_AndWorkersNone()
    {
        await using var server = await StartAsync(options => options with { JobRequestsPerMinute = 300 });
        for (var i = 0; i < 300; i++) Assert.Equal(404, await AskAsync(server, Alice, $"/v2/{Nobody}/health"));
        Assert.Equal(429, await AskAsync(server, Alice, $"/v2/{Nobody}/health"));
        Assert.Equal(200, await AskAsync(server, Alice));
        for (var i = 0; i < 700; i++)
        {
            var (status, body) = await server.SendAsync(HttpMethod.Get, $"/v2/{Nobody}/ping/w{i}", null, ("Authorization", "an-old-token"));
            Assert.Equal((429, "WORKER_NOT_CURRENT"), (status, body.GetProperty("code").GetString()));
        }
    }

    [Fact]
    public async Task TheBound_IsASetting()
    {
        await using var server = await StartAsync(options => options with { RequestsPerMinute = 3 });
        for (var i = 0; i < 3; i++) Assert.Equal(200, await AskAsync(server, Alice));
        await AssertRefusedAsync(server, Alice);
        Assert.Equal(200, await AskAsync(server, Bob));
    }

    [Fact]
    public async Task InDevelopmentMode_NothingIsCounted()
    {
        await using var server = await StartAsync(options => options with { ApiKeys = null });
        for (var i = 0; i < 250; i++) Assert.Equal(200, (await server.SendAsync(HttpMethod.Get, "/v1/deployments")).Status);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("203.0.113.7")]
    public async Task AForwardedAddress_IsNobodysWord_UnlessItsProxyIsTrusted(string? trusted)
    {
        await using var server = await StartAsync(options => options with { TrustedProxies = trusted, RequestsPerMinute = 5 });
        for (var i = 0; i < 10; i++) Assert.Equal(401, await AskAsync(server, "a-guess-of-a-key-1", header: ("X-Forwarded-For", $"198.51.100.{i}")));
        Assert.Equal(429, await AskAsync(server, "a-guess-of-a-key-1", header: ("X-Forwarded-For", "198.51.100.99")));
        foreach (var name in new[] { "X_Forwarded_For", "Forwarded", "X-Real-IP", "X-Client-IP", "X-Original-For" })
        {
            Assert.Equal(429, await AskAsync(server, "a-guess-of-a-key-1", header: (name, "198.51.100.99")));
        }
    }

    [Fact]
    public async Task BehindATrustedProxy_TheClientIsCounted_AndItsOwnClaimsAreNot()
    {
        await using var server = await StartAsync(options => options with { TrustedProxies = "127.0.0.1", RequestsPerMinute = 5 });
        // What the client wrote stands before what the proxy added.
        for (var i = 0; i < 10; i++) Assert.Equal(401, await AskAsync(server, "a-guess-of-a-key-1", header: ("X-Forwarded-For", $"10.0.0.{i}, 198.51.100.7")));
        Assert.Equal(429, await AskAsync(server, "a-guess-of-a-key-1", header: ("X-Forwarded-For", "10.0.0.99, 198.51.100.7")));
        Assert.Equal(401, await AskAsync(server, "a-guess-of-a-key-1", header: ("X-Forwarded-For", "198.51.100.7, 198.51.100.8")));
        Assert.Equal(429, await AskAsync(server, "a-guess-of-a-key-1", header: ("X-Forwarded-For", "127.0.0.1, 198.51.100.7")));
    }

    [Fact]
    public async Task TwoTrustedProxies_AreWalkedThrough_AndNotAStepFurther()
    {
        await using var server = await StartAsync(options => options with { TrustedProxies = "127.0.0.1, 10.9.0.0/16", RequestsPerMinute = 5 });
        for (var i = 0; i < 10; i++) Assert.Equal(401, await AskAsync(server, "a-guess-of-a-key-1", header: ("X-Forwarded-For", $"10.9.9.{i}, 198.51.100.7, 10.9.0.1")));
        Assert.Equal(429, await AskAsync(server, "a-guess-of-a-key-1", header: ("X-Forwarded-For", "198.51.100.7, 10.9.0.2")));
        Assert.Equal(401, await AskAsync(server, "a-guess-of-a-key-1", header: ("X-Forwarded-For", "nonsense")));
    }

    [Fact]
    public async Task AForwardedHost_IsInNoAddressThatIsGivenOut()
    {
        await using var server = await StartAsync(options => options with { TrustedProxies = "127.0.0.1", HubEndpoint = "http://127.0.0.1:1" });
        var (status, body) = await server.SendAsync(
            HttpMethod.Post, "/v1/deployments", """{"hf_model_id":"a/b"}""", ("Authorization", "Bearer " + Alice), ("X-Forwarded-Host", "evil.example"), ("X-Forwarded-Proto", "gopher"),
            ("Host", "evil.example"));
        Assert.Equal(202, status);
        Assert.DoesNotContain("evil", body.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("gopher", body.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10.0.0.0/40")]
    [InlineData("127.0.0.1, proxy.example")]
    public async Task AProxyThatCannotBeRead_IsSaidAtTheStart(string proxies)
    {
        var error = await Assert.ThrowsAsync<RouseHostException>(() => StartAsync(options => options with { TrustedProxies = proxies }));
        Assert.Contains("ROUSE_TRUSTED_PROXIES", error.Message, StringComparison.Ordinal);
    }

    private static Task<TestServer> StartAsync(Func<RouseHostOptions, RouseHostOptions>? change = null) => TestServer.StartAsync(options =>
    {
        var limited = options with { ApiKeys = $"alice={Alice},bob={Bob}", RequestsPerMinute = null, JobRequestsPerMinute = null };
        return change?.Invoke(limited) ?? limited;
    });

    private static async Task<int> AskAsync(TestServer server, string key, string path = "/v1/deployments", (string Name, string Value)? header = null)
    {
        (string, string)[] headers = [("Authorization", "Bearer " + key), .. header is { } given ? [given] : Array.Empty<(string, string)>()];
        return (await server.SendAsync(HttpMethod.Get, path, null, headers)).Status;
    }

    private static async Task AssertRefusedAsync(TestServer server, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/deployments") { Headers = { { "Authorization", "Bearer " + key } } };
        using var response = await server.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        Assert.Equal("60", Assert.Single(response.Headers.GetValues("Retry-After")));
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal("RATE_LIMIT_EXCEEDED", problem.GetProperty("code").GetString());
        Assert.Equal(60, problem.GetProperty("details").GetProperty("retry_after_seconds").GetInt32());
    }
}
