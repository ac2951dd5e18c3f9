using System.Text.Json;
using Rouse.Server.Tests.Host;
using Rouse.TestKit.Hub;

namespace Rouse.Server.Tests.Catalog;

public sealed class SearchTests : IAsyncLifetime
{
    private FakeHub _hub = null!;
    private TestServer _server = null!;

    public async Task InitializeAsync()
    {
        _hub = await FakeHub.StartAsync(
            new FakeRepository("org/turbo") { PipelineTag = "text-to-image", Downloads = 10 },
            new FakeRepository("org/turbo-xl") { PipelineTag = "text-to-image", Downloads = 30, IsGated = true },
            new FakeRepository("org/turbo-words") { PipelineTag = "text-generation", Downloads = 20 },
            new FakeRepository("org/turbo-secret") { IsPrivate = true },
            new FakeRepository("org/other"));
        _server = await TestServer.StartAsync(options => options with { HubEndpoint = _hub.Endpoint });
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        await _hub.DisposeAsync();
    }

    [Theory]
    [InlineData("q=turbo", "org/turbo-xl", "org/turbo-words", "org/turbo")]
    [InlineData("q=turbo&task=text2img", "org/turbo-xl", "org/turbo")]
    [InlineData("q=turbo&task=text-generation", "org/turbo-words")]
    [InlineData("q=turbo&limit=1", "org/turbo-xl")]
    [InlineData("q=nothing")]
    public async Task Search_FindsByName_TheMostDownloadedFirst(string query, params string[] found)
    {
        var (status, body) = await SearchAsync(query);
        Assert.Equal(200, status);
        Assert.Equal(found, body.GetProperty("results").EnumerateArray().Select(model => model.GetProperty("model_id").GetString()));
    }

    [Fact]
    public async Task Search_TellsWhatIsKnown_AndShowsPrivateModelsToTheirToken()
    {
        var first = (await SearchAsync("q=turbo")).Body.GetProperty("results")[0];
        Assert.Equal(
            """{"model_id":"org/turbo-xl","task":"text-to-image","downloads":30,"likes":7,"gated":true}""", JsonSerializer.Serialize(first));
        Assert.Equal(0, (await SearchAsync("q=secret")).Body.GetProperty("results").GetArrayLength());
        var (_, seen) = await _server.SendAsync(HttpMethod.Get, "/v1/models/search?q=secret", null, ("X-Huggingface-Api-Key", FakeHub.Token));
        Assert.Equal(1, seen.GetProperty("results").GetArrayLength());
    }

    [Theory]
    [InlineData("")]
    [InlineData("q=")]
    [InlineData("q=a&limit=0")]
    [InlineData("q=a&limit=101")]
    [InlineData("q=a&limit=-1")]
    [InlineData("q=a&limit=x")]
    [InlineData("q=a&task=Text%20to%20image")]
    [InlineData("q=a%00b")]
    public async Task BadQueries_AreRefused_WithoutAskingTheHub(string query)
    {
        var (status, body) = await SearchAsync(query);
        Assert.Equal((400, "INVALID_PARAMETER"), (status, body.GetProperty("code").GetString()));
        Assert.Empty(_hub.Requests);
    }

    [Fact]
    public async Task ABusyHub_IsTold_WithHowLongToWait()
    {
        _hub.Script.RetryAfter = 40;
        _hub.Script.ListStatuses.Enqueue(429);
        using var response = await _server.Http.GetAsync(new Uri("/v1/models/search?q=a", UriKind.Relative));
        Assert.Equal((429, 40), ((int)response.StatusCode, response.Headers.RetryAfter?.Delta?.TotalSeconds));
        Assert.Contains("HF_RATE_LIMIT", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AHubThatIsNotThere_IsABadGateway()
    {
        _hub.Script.ListBodies.Enqueue("<html>");
        Assert.Equal("HF_UNREACHABLE", (await SearchAsync("q=a")).Body.GetProperty("code").GetString());
        await _hub.DisposeAsync();
        var (status, body) = await SearchAsync("q=a");
        Assert.Equal((502, "HF_UNREACHABLE"), (status, body.GetProperty("code").GetString()));
    }

    private Task<(int Status, JsonElement Body)> SearchAsync(string query) => _server.SendAsync(HttpMethod.Get, "/v1/models/search?" + query);
}
