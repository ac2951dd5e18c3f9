using System.Net;
using System.Text;
using System.Text.Json;
using Rouse.FakeRunpod;
using Rouse.Server.Tests.Host;
using Rouse.TestKit.Hub;

namespace Rouse.Server.Tests.Catalog;

public sealed class ValidateKeyTests : IAsyncLifetime
{
    private FakeHub _hub = null!;
    private FakeRunpodServer _runpod = null!;
    private TestServer _server = null!;

    public async Task InitializeAsync()
    {
        _hub = await FakeHub.StartAsync();
        _runpod = await FakeRunpodServer.StartAsync();
        _server = await TestServer.StartAsync(Options);
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        await _runpod.DisposeAsync();
        await _hub.DisposeAsync();
    }

    [Theory]
    [InlineData("runpod", FakeRunpodServer.Key, true)]
    [InlineData("runpod", "rpa_made_up_by_somebody", false)]
    [InlineData("runpod-pods", FakeRunpodServer.Key, true)]
    [InlineData("huggingface", FakeHub.Token, true)]
    [InlineData("huggingface", "hf_made_up_by_somebody", false)]
    public async Task AKey_IsTriedWhereItBelongs_AndNeverShown(string provider, string key, bool valid)
    {
        var (status, body) = await AskAsync(provider, key);
        Assert.Equal((200, valid), (status, body.GetProperty("valid").GetBoolean()));
        Assert.NotEmpty(body.GetProperty("message").GetString()!);
        Assert.DoesNotContain(key, body.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"provider":"runpod"}""")]
    [InlineData("""{"provider":"runpod","api_key":""}""")]
    [InlineData("""{"provider":"runpod","api_key":"two words"}""")]
    [InlineData("""{"provider":"nobody","api_key":"k"}""")]
    [InlineData("""{"provider":"runpod","api_key":"k","more":1}""")]
    public async Task BadBodies_AreRefused(string json)
    {
        Assert.Equal(400, (await _server.SendAsync(HttpMethod.Post, "/v1/providers/validate", json)).Status);
    }

    [Fact]
    public async Task AProviderThatIsDown_ProvesNothingAboutTheKey()
    {
        await _runpod.DownAsync();
        await _hub.DisposeAsync();
        foreach (var (provider, key) in new[] { ("runpod", FakeRunpodServer.Key), ("huggingface", FakeHub.Token) })
        {
            var (status, body) = await AskAsync(provider, key);
            Assert.Equal((502, "PROVIDER_UNREACHABLE"), (status, body.GetProperty("code").GetString()));
            Assert.DoesNotContain(key, body.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Strangers_AreNotServed_AndCallersOnlyTenTimesAMinute()
    {
        await _server.RestartAsync(options => Options(options) with { ApiKeys = "acme=key-of-acme-which-is-long" });
        Assert.Equal(401, (await AskAsync("runpod", "k")).Status);
        var mine = ("Authorization", "Bearer key-of-acme-which-is-long");
        for (var i = 0; i < 10; i++) Assert.Equal(200, (await AskAsync("runpod", $"rpa_guess_{i}", mine)).Status);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/providers/validate");
        request.Content = new StringContent(Body("runpod", FakeRunpodServer.Key), Encoding.UTF8, "application/json");
        request.Headers.Add("Authorization", mine.Item2);
        using var refused = await _server.Http.SendAsync(request);
        Assert.Equal((HttpStatusCode.TooManyRequests, 60), (refused.StatusCode, refused.Headers.RetryAfter?.Delta?.TotalSeconds));
    }

    private RouseHostOptions Options(RouseHostOptions options) => options with
    {
        HubEndpoint = _hub.Endpoint, Runpod = new RunpodHostOptions { Image = "rouse/worker:test", ApiUrl = _runpod.ManagementUrl, JobsUrl = new Uri(_runpod.JobsUrl, "/") },
    };

    private Task<(int Status, JsonElement Body)> AskAsync(string provider, string key, params (string Name, string Value)[] headers) =>
        _server.SendAsync(HttpMethod.Post, "/v1/providers/validate", Body(provider, key), headers);

    private static string Body(string provider, string key) => $$"""{"provider":"{{provider}}","api_key":"{{key}}"}""";
}
