using System.Text.Json;
using Rouse.FakeRunpod;
using Rouse.Server.Tests.Host;
using Rouse.Server.Tests.Runpod;

namespace Rouse.Server.Tests.Catalog;

public sealed class GpuTests
{
    [Fact]
    public async Task Gpus_AreLiveOffers_TheCheapestFirst()
    {
        await using var bench = await RunpodBench.StartAsync();
        bench.Runpod.SetStock("ADA_24", stock => stock.Level = "NONE");
        var body = await GetAsync(bench.Server);
        var offers = body.GetProperty("gpus").EnumerateArray().ToList();
        Assert.True(offers.Count >= 8, body.ToString());
        var prices = offers.Select(offer => offer.GetProperty("price_per_hour_usd").GetDecimal()).ToList();
        Assert.Equal(prices.Order(), prices);
        Assert.All(prices, price => Assert.InRange(price, 0.01m, 20));
        var ada = offers.Single(offer => offer.GetProperty("provider").GetString() == "runpod" && offer.GetProperty("hardware").GetString() == "ADA_24");
        Assert.Equal((24, "none"), (ada.GetProperty("vram_gb").GetInt32(), ada.GetProperty("stock").GetString()));
        Assert.Contains("4090", ada.GetProperty("gpus").GetString(), StringComparison.Ordinal);
        Assert.Equal("ok", body.GetProperty("providers")[0].GetProperty("status").GetString());
    }

    [Fact]
    public async Task Gpus_OfARegion_AreThoseThere_AndAnUnknownOneIsRefused()
    {
        await using var bench = await RunpodBench.StartAsync();
        Assert.All((await GetAsync(bench.Server, "?region=EU")).GetProperty("gpus").EnumerateArray(), offer => Assert.Equal("EU", offer.GetProperty("region").GetString()));
        var (status, body) = await bench.Server.SendAsync(HttpMethod.Get, "/v1/gpus?region=ATLANTIS-1");
        Assert.Equal((400, "INVALID_PARAMETER"), (status, body.GetProperty("code").GetString()));
    }

    [Fact]
    public async Task AProviderThatDoesNotAnswer_IsShownAsSuch()
    {
        await using var bench = await RunpodBench.StartAsync();
        await bench.Runpod.DownAsync();
        var asked = (await GetAsync(bench.Server)).GetProperty("providers")[0];
        Assert.Equal("failed", asked.GetProperty("status").GetString());
        Assert.NotEmpty(asked.GetProperty("error").GetString()!);
        Assert.DoesNotContain(FakeRunpodServer.Key, asked.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithoutAKey_ProvidersSaySo_AndTheCallersOwnKeyWillDo()
    {
        await using var bench = await RunpodBench.StartAsync(options => options with { Runpod = options.Runpod! with { ApiKey = null } });
        Assert.Equal("no_account", (await GetAsync(bench.Server)).GetProperty("providers")[0].GetProperty("status").GetString());
        await bench.DeployAsync($$""","provider":"runpod","user_runpod_key":"{{FakeRunpodServer.Key}}" """);
        Assert.Equal("ok", (await GetAsync(bench.Server)).GetProperty("providers")[0].GetProperty("status").GetString());
    }

    [Fact]
    public async Task AServerThatSellsNothing_SaysNothing()
    {
        await using var server = await TestServer.StartAsync();
        Assert.Equal("""{"gpus":[],"providers":[]}""", JsonSerializer.Serialize(await GetAsync(server)));
    }

    private static async Task<JsonElement> GetAsync(TestServer server, string query = "")
    {
        var (status, body) = await server.SendAsync(HttpMethod.Get, "/v1/gpus" + query);
        Assert.True(status == 200, body.ToString());
        return body;
    }
}
