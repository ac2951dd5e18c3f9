using Rouse.Server.Tests.Runpod;

namespace Rouse.Server.Tests.Costs;

/// <summary>The whole server and a Runpod over sockets: what it says it cost is what Runpod asks for.</summary>
public sealed class RunpodCostTests
{
    [Fact]
    public async Task O9_TheCostOfADeletedDeployment_IsWhatItsWorkersTook_HeldAgainstTheBill()
    {
        await using var bench = await RunpodBench.StartAsync();
        var id = await bench.DeployAsync(""","gpu_tier":"A10" """, ""","min":1""");
        var ready = await bench.UntilAsync(id, "ready");
        var path = $"/v1/deployments/{id}/cost";
        await TestKit.Time.Eventually.TrueAsync(async () => (await bench.Server.SendAsync(HttpMethod.Get, path)).Body.GetProperty("estimated_cost_usd").GetDecimal() > 0.0005m);
        await bench.DeleteAsync(id);

        var cost = (await bench.Server.SendAsync(HttpMethod.Get, path)).Body;
        Assert.Equal(("deleted", "AMPERE_24"), (cost.GetProperty("status").GetString(), cost.GetProperty("gpu_allocated").GetString()));
        var parts = cost.GetProperty("parts").EnumerateArray().ToList();
        Assert.All(parts, part => Assert.Equal("metered", part.GetProperty("source").GetString()));
        // Each is rounded to a millionth by itself.
        Assert.InRange(cost.GetProperty("estimated_cost_usd").GetDecimal() - parts.Sum(part => part.GetProperty("usd").GetDecimal()), -0.00001m, 0.00001m);
        Assert.Equal(0, cost.GetProperty("now_usd_per_hour").GetDecimal());

        var billed = bench.Runpod.Bill(ready.RunpodEndpointId!).Dollars;
        var bill = cost.GetProperty("bill");
        Assert.Equal(("billed", Math.Round(billed, 6)), (bill.GetProperty("source").GetString(), bill.GetProperty("usd").GetDecimal()));
        var difference = billed - cost.GetProperty("estimated_cost_usd").GetDecimal();
        Assert.InRange(difference - bill.GetProperty("residual_usd").GetDecimal(), -0.00001m, 0.00001m);
        // Runpod bills begun seconds, and from the start of the container; looks come a little later.
        Assert.InRange(bill.GetProperty("residual_usd").GetDecimal(), -0.003m, 0.003m);

        var metrics = await bench.Server.Http.GetStringAsync(new Uri("/metrics", UriKind.Relative));
        Assert.Contains("\nrouse_attempts_total{provider=\"runpod\",outcome=\"created\"} 1\n", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FaultsOfRunpod_AreCounted()
    {
        await using var bench = await RunpodBench.StartAsync(options => options with { Runpod = options.Runpod! with { ApiKey = "rpa_nobodys_key" } });
        await bench.FailsAsync(await bench.DeployAsync(), "provider_unauthorized");
        var (_, counters) = await bench.Server.SendAsync(HttpMethod.Get, "/metrics", null, ("Accept", "application/json"));
        Assert.True(counters.GetProperty("runpod_api_errors_total").GetInt64() > 0);
        var metrics = await bench.Server.Http.GetStringAsync(new Uri("/metrics", UriKind.Relative));
        Assert.Matches("\nrouse_provider_errors_total\\{provider=\"runpod\",fault=\"unauthorized\"\\} [1-9]", metrics);
    }
}
