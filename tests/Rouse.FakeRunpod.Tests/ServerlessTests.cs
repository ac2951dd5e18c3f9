using System.Net;
using System.Text.Json.Nodes;
using Rouse.FakeRunpod.Serverless;
using Rouse.TestKit.Time;

namespace Rouse.FakeRunpod.Tests;

public sealed class ServerlessTests : IAsyncLifetime
{
    private readonly ManualTime _time = new();
    private FakeRunpodServer _runpod = null!;
    private Client _client = null!;

    public async Task InitializeAsync()
    {
        _runpod = await FakeRunpodServer.StartAsync(new FakeRunpodOptions { Time = _time });
        _client = new Client(_runpod);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _runpod.DisposeAsync();
    }

    [Fact]
    public async Task Create_ThenGet_ShowsTheSettingsAndNoSecretOfAnotherAccount()
    {
        _runpod.AddAccount("second", 10, "rpa_second");
        using var second = new Client(_runpod, "rpa_second");
        var id = await _client.CreateEndpointAsync();
        var got = await _client.GetAsync($"/v2/serverless/{id}");
        Assert.Equal("org/model", (string?)got.Body!["env"]!["HF_MODEL_ID"]);
        Assert.Equal($"{_runpod.JobsUrl}/{id}/run", (string?)got.Body["requestUrls"]!["run"]);
        Assert.Equal(HttpStatusCode.NotFound, (await second.GetAsync($"/v2/serverless/{id}")).Status);
        Assert.Empty((await second.GetAsync("/v2/serverless")).Body!["endpoints"]!.AsArray());
    }

    [Theory]
    [InlineData("bogus", "1", "additional properties 'bogus'")]
    [InlineData("name", "\"\"", "minimum length")]
    [InlineData("type", "\"OTHER\"", "expected one of")]
    [InlineData("workers", "{\"idleTimeout\":0}", "must be from 1 to 3600")]
    [InlineData("scaling", "{\"type\":\"QUEUE_DELAY\"}", "missing property 'queueDelay'")]
    public async Task Create_OfABodyThatIsWrong_Is422AndSaysWhere(string member, string value, string expected)
    {
        var got = await _client.PostAsync("/v2/serverless", Bodies.Endpoint(body => body[member] = JsonNode.Parse(value)));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, got.Status);
        Assert.Contains(expected, got.Body!["errors"]!.ToJsonString().Replace("\\u0027", "'", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Empty(_runpod.Endpoints());
    }

    [Fact]
    public async Task Delete_IsRefused_WhileWorkersMayStart()
    {
        var id = await _client.CreateEndpointAsync();
        Assert.Equal(HttpStatusCode.BadRequest, (await _client.DeleteAsync($"/v2/serverless/{id}")).Status);
        await _client.PatchAsync($"/v2/serverless/{id}", new JsonObject { ["workers"] = new JsonObject { ["max"] = 0 } });
        Assert.Equal(HttpStatusCode.NoContent, (await _client.DeleteAsync($"/v2/serverless/{id}")).Status);
        Assert.Empty(_runpod.Endpoints());
    }

    [Fact]
    public async Task Quota_CountsTheWorkersOfAllEndpoints()
    {
        await _client.CreateEndpointAsync(body => body["workers"]!["max"] = 4);
        var got = await _client.PostAsync("/v2/serverless", Bodies.Endpoint());
        Assert.Equal(HttpStatusCode.BadRequest, got.Status);
        Assert.Contains("quota", got.Text("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AJob_WakesAWorkerThatAnswersIt_AndIdleEndsIt()
    {
        var id = await _client.CreateEndpointAsync();
        var job = (await _client.RunAsync(id)).Text("id");
        Assert.Empty(_runpod.Workers(id));
        _time.Advance(TimeSpan.FromSeconds(1));
        await Eventually.TrueAsync(async () => (await _client.JobAsync(HttpMethod.Get, $"{id}/status/{job}")).Text("status") == "COMPLETED");
        var status = (await _client.JobAsync(HttpMethod.Get, $"{id}/status/{job}")).Body!;
        Assert.Equal("a cat", (string?)status["output"]!["echo"]!["prompt"]);
        Assert.Equal(WorkerState.Idle, Assert.Single(_runpod.Workers(id)).State);
        _time.Advance(TimeSpan.FromSeconds(5));
        await Eventually.TrueAsync(() => _runpod.LivingContainers() == 0);
        Assert.Empty(_runpod.Workers(id));
        Assert.Equal(5, _runpod.Bill(id).Seconds);
        Assert.Equal(5 * 1.116m / 3600, _runpod.Bill(id).Dollars);
    }

    [Fact]
    public async Task WithoutCapacity_WorkersAreThrottled_AndCostNothing()
    {
        _runpod.SetStock("ADA_24", static stock => stock.Capacity = 0);
        var id = await _client.CreateEndpointAsync(body => body["workers"]!["min"] = 1);
        var workers = (await _client.GetAsync($"/v2/serverless/{id}/workers")).Body!;
        Assert.Equal("THROTTLED", (string?)workers["workers"]![0]!["status"]);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(0, _runpod.Bill(id).Dollars);
        _runpod.SetStock("ADA_24", static stock => stock.Capacity = 1);
        await Eventually.TrueAsync(() => _runpod.Workers(id)[0].State == WorkerState.Idle);
    }
}
