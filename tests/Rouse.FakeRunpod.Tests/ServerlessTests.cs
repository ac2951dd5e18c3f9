using System.Net;
using System.Text.Json.Nodes;
using Rouse.FakeRunpod.Serverless;
using Rouse.TestKit.Time;

namespace Rouse.FakeRunpod.Tests;

public sealed class ServerlessTests : ServerFixture
{
    [Fact]
    public async Task Create_ThenGet_ShowsTheSettingsAndNoSecretOfAnotherAccount()
    {
        Runpod.AddAccount("second", 10, "rpa_second");
        using var second = new Client(Runpod, "rpa_second");
        var id = await Client.CreateEndpointAsync();
        var got = await Client.GetAsync($"/v2/serverless/{id}");
        Assert.Equal("org/model", (string?)got.Body!["env"]!["HF_MODEL_ID"]);
        Assert.Equal($"{Runpod.JobsUrl}/{id}/run", (string?)got.Body["requestUrls"]!["run"]);
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
        var got = await Client.PostAsync("/v2/serverless", Bodies.Endpoint(body => body[member] = JsonNode.Parse(value)));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, got.Status);
        Assert.Contains(expected, (string?)got.Body!["errors"]![0], StringComparison.Ordinal);
        Assert.Empty(Runpod.Endpoints());
    }

    [Fact]
    public async Task Delete_IsRefused_WhileWorkersMayStart()
    {
        var id = await Client.CreateEndpointAsync();
        Assert.Equal(HttpStatusCode.BadRequest, (await Client.DeleteAsync($"/v2/serverless/{id}")).Status);
        await Client.PatchAsync($"/v2/serverless/{id}", new JsonObject { ["workers"] = new JsonObject { ["max"] = 0 } });
        Assert.Equal(HttpStatusCode.NoContent, (await Client.DeleteAsync($"/v2/serverless/{id}")).Status);
        Assert.Empty(Runpod.Endpoints());
    }

    [Fact]
    public async Task Quota_CountsTheWorkersOfAllEndpoints()
    {
        await Client.CreateEndpointAsync(body => body["workers"]!["max"] = 4);
        var got = await Client.PostAsync("/v2/serverless", Bodies.Endpoint());
        Assert.Equal(HttpStatusCode.BadRequest, got.Status);
        Assert.Contains("quota", got.Text("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AJob_WakesAWorkerThatAnswersIt_AndIdleEndsIt()
    {
        var id = await Client.CreateEndpointAsync();
        var job = (await Client.RunAsync(id)).Text("id");
        Assert.Empty(Runpod.Workers(id));
        Time.Advance(TimeSpan.FromSeconds(1));
        await Eventually.TrueAsync(async () => (await Client.JobAsync(HttpMethod.Get, $"{id}/status/{job}")).Text("status") == "COMPLETED");
        var status = (await Client.JobAsync(HttpMethod.Get, $"{id}/status/{job}")).Body!;
        Assert.Equal("a cat", (string?)status["output"]!["echo"]!["prompt"]);
        Assert.Equal(WorkerState.Idle, Assert.Single(Runpod.Workers(id)).State);
        Time.Advance(TimeSpan.FromSeconds(5));
        await Eventually.TrueAsync(() => Runpod.LivingContainers() == 0);
        Assert.Empty(Runpod.Workers(id));
        Assert.Equal(5, Runpod.Bill(id).Seconds);
        Assert.Equal(5 * 1.116m / 3600, Runpod.Bill(id).Dollars);
    }

    [Fact]
    public async Task WithoutCapacity_WorkersAreThrottled_AndCostNothing()
    {
        Runpod.SetStock("ADA_24", static stock => stock.Capacity = 0);
        var id = await Client.CreateEndpointAsync(body => body["workers"]!["min"] = 1);
        var workers = (await Client.GetAsync($"/v2/serverless/{id}/workers")).Body!;
        Assert.Equal("THROTTLED", (string?)workers["workers"]![0]!["status"]);
        Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(0, Runpod.Bill(id).Dollars);
        Runpod.SetStock("ADA_24", static stock => stock.Capacity = 1);
        await Eventually.TrueAsync(() => Runpod.Workers(id)[0].State == WorkerState.Idle);
    }
}
