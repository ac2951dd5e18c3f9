using System.Net;
using System.Text.Json.Nodes;

namespace Rouse.FakeRunpod.Tests;

/// <summary>What is well formed and yet refused, with the status that tells a client what to do.</summary>
public sealed class RuleTests : ServerFixture
{
    [Theory]
    [InlineData("""{"gpu":{"pools":["NO_SUCH"]}}""", 400, "unknown GPU pool")]
    [InlineData("""{"gpu":{"pools":["ADA_24"],"excludedTypes":["NVIDIA L4"]}}""", 400, "not a GPU type in the selected pools")]
    [InlineData("""{"gpu":{"pools":["ADA_24"],"excludedTypes":[" NVIDIA GeForce RTX 4090 "]}}""", 400, "leaves no GPU type")]
    [InlineData("""{"gpu":{"pools":["ADA_24"],"allowedCudaVersions":["12.8"],"minCudaVersion":"12.1"}}""", 400, "mutually exclusive")]
    [InlineData("""{"cpu":[{"id":"cpu5c","vcpuCount":4}]}""", 400, "exactly one of gpu or cpu")]
    [InlineData("""{"type":"LOAD_BALANCER"}""", 400, "REQUEST_COUNT")]
    [InlineData("""{"scaling":{"type":"REQUEST_COUNT","requestCount":1}}""", 400, "idleTimeout is not applicable")]
    [InlineData("""{"workers":{"min":2,"max":1}}""", 400, "must not be greater")]
    [InlineData("""{"dataCenterIds":["XX-1"]}""", 400, "unknown data center")]
    [InlineData("""{"networkVolumes":["none"]}""", 404, "network volume none not found")]
    [InlineData("""{"templateId":"none"}""", 404, "template not found")]
    public async Task Create_ThatBreaksARule_SaysWhich(string change, int status, string expected)
    {
        var got = await Client.PostAsync("/v2/serverless", Bodies.Endpoint(body =>
        {
            foreach (var (name, value) in JsonNode.Parse(change)!.AsObject()) body[name] = value!.DeepClone();
        }));
        Assert.Equal(status, (int)got.Status);
        Assert.Contains(expected, got.Text("detail"), StringComparison.Ordinal);
        Assert.Empty(Runpod.Endpoints());
    }

    [Fact]
    public async Task ATemplateOfPods_IsNoneOfEndpoints()
    {
        var template = (await Client.PostAsync("/v2/templates", JsonNode.Parse("""{"name":"t","image":"a:1"}""")!)).Text("id");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await Client.PostAsync("/v2/serverless", Bodies.Endpoint(body => body["templateId"] = template))).Status);
        Assert.Equal(HttpStatusCode.Created, (await Client.PostAsync("/v2/pods", Bodies.Pod(body => body["templateId"] = template))).Status);
        var delete = await Client.DeleteAsync($"/v2/templates/{template}");
        Assert.Equal((HttpStatusCode.BadRequest, "template is in use by a pod"), (delete.Status, delete.Text("detail")));
    }

    [Fact]
    public async Task PoolsWithoutExclusions_ClearTheExclusions_AndWhatIsNotNamedStays()
    {
        var id = await Client.CreateEndpointAsync(static body => body["gpu"] = JsonNode.Parse("""{"pools":["AMPERE_80"],"excludedTypes":["NVIDIA A100 80GB PCIe"]}"""));
        await Client.PatchAsync($"/v2/serverless/{id}", JsonNode.Parse("""{"gpu":{"minCudaVersion":"12.4"},"workers":{"max":1}}""")!);
        var got = (await Client.GetAsync($"/v2/serverless/{id}")).Body!;
        Assert.Equal("""["NVIDIA A100 80GB PCIe"]""", got["gpu"]!["excludedTypes"]!.ToJsonString());
        Assert.Equal("""{"min":0,"max":1,"idleTimeout":5}""", got["workers"]!.ToJsonString());
        var cleared = (await Client.PatchAsync($"/v2/serverless/{id}", JsonNode.Parse("""{"gpu":{"pools":["AMPERE_80","ADA_24"]}}""")!)).Body!;
        Assert.Equal("[]", cleared["gpu"]!["excludedTypes"]!.ToJsonString());
        Assert.Equal(HttpStatusCode.BadRequest, (await Client.PatchAsync($"/v2/serverless/{id}", JsonNode.Parse("""{"gpu":{"excludedTypes":["NVIDIA L4"]}}""")!)).Status);
    }

    [Fact]
    public async Task AShrunkQuota_StillLetsWorkersBeTakenAway()
    {
        var id = await Client.CreateEndpointAsync(static body => body["workers"]!["max"] = 5);
        Runpod.SetQuota(1);
        Assert.Equal(HttpStatusCode.OK, (await Client.PatchAsync($"/v2/serverless/{id}", JsonNode.Parse("""{"workers":{"max":2}}""")!)).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await Client.PatchAsync($"/v2/serverless/{id}", JsonNode.Parse("""{"workers":{"max":3}}""")!)).Status);
    }

    [Theory]
    [InlineData(99, 5)]
    [InlineData(100, 10)]
    [InlineData(900, 60)]
    public async Task TheQuota_GrowsWithTheBalance(int balance, int workers)
    {
        Runpod.SetBalance(balance);
        await Client.CreateEndpointAsync(body => body["workers"]!["max"] = workers);
        Assert.Equal(HttpStatusCode.BadRequest, (await Client.PostAsync("/v2/serverless", Bodies.Endpoint(static body => body["workers"]!["max"] = 1))).Status);
    }

    [Theory]
    [InlineData("include=AVAILABILITY", 400)]
    [InlineData("product=POD", 400)]
    [InlineData("include=OTHER&product=POD", 422)]
    [InlineData("include=AVAILABILITY&product=CAR", 422)]
    [InlineData("include=AVAILABILITY&product=POD&count=0", 422)]
    public async Task TheCatalogue_RefusesWhatItDoesNotKnow(string query, int status) =>
        Assert.Equal(status, (int)(await Client.GetAsync("/v2/catalog/gpus?" + query)).Status);

    [Fact]
    public async Task TheCatalogue_TellsStock_OfPoolsAndCountries()
    {
        Runpod.SetStock("ADA_24", static stock => (stock.Capacity, stock.DataCenters) = (3, ["EU-RO-1"]));
        Runpod.SetStock("HOPPER_141", static stock => stock.Level = "NONE");
        Assert.Equal("LOW", await LevelAsync("NVIDIA GeForce RTX 4090", ""));
        Assert.Equal("NONE", await LevelAsync("NVIDIA GeForce RTX 4090", "&countryCodes=US"));
        Assert.Equal("NONE", await LevelAsync("NVIDIA GeForce RTX 4090", "&count=4"));
        Assert.Equal("NONE", await LevelAsync("NVIDIA H200", ""));
        Assert.Equal("HIGH", await LevelAsync("NVIDIA L4", ""));
        // In no pool: pods may have it, endpoints may not.
        Assert.Equal("NONE", await LevelAsync("NVIDIA B300 SXM6 AC", ""));

        async Task<string> LevelAsync(string gpu, string more) =>
            (await Client.GetAsync($"/v2/catalog/gpus/{Uri.EscapeDataString(gpu)}?include=AVAILABILITY&product=SERVERLESS{more}")).Text("availability");
    }

    [Fact]
    public async Task TheBill_IsTheSame_ByBucketsByResourceAndInside()
    {
        // 23:59:30 and on: the minute lies in two days.
        Time.Advance(TimeSpan.FromHours(24) - TimeSpan.FromSeconds(30));
        var id = await Client.CreateEndpointAsync(static body => body["workers"]!["min"] = 1);
        Time.Advance(TimeSpan.FromSeconds(59.2));
        Runpod.DeleteEndpoint(id);
        Time.Advance(TimeSpan.FromHours(3));
        var bill = (await Client.GetAsync($"/v2/billing/serverless?serverlessId={id}&bucketSize=day")).Body!;
        var amounts = bill["records"]!.AsArray().Select(static record => (decimal)record!["totalAmount"]!).ToArray();
        Assert.Equal([30 * 1.116m / 3600, 30 * 1.116m / 3600], amounts);
        Assert.Equal((60, amounts.Sum()), (Runpod.Bill(id).Seconds, Runpod.Bill(id).Dollars));
        Assert.Equal(Runpod.Spent(), (decimal)(await Client.GetAsync("/v2/billing?bucketSize=month")).Body!["metadata"]!["totals"]!["serverlessGpuAmount"]!);
        Assert.Equal(50 - Runpod.Spent(), Runpod.Balance());
    }
}
