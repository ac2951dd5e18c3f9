using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Rouse.Server.Background;
using Rouse.Server.Tests.Host;
using Rouse.Server.Tests.Runpod;
using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.Tenants;

/// <summary>Two tenants on one Runpod account, and others with names like ours: neither sweep nor cleanup of one touches what is not its own.</summary>
public sealed class ProviderSideTests : IAsyncLifetime
{
    private const string Alice = "alice-key-0123456789";
    private const string Bob = "bob-key-0123456789ab";

    private IApplicationBuilder _app = null!;
    private RunpodBench _bench = null!;

    public async Task InitializeAsync() =>
        _bench = await RunpodBench.StartAsync(options => options with { ApiKeys = $"alice={Alice},bob={Bob}", Wrap = built => _app = built });

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [Fact]
    public async Task X2_SweepAndCleanup_RemoveWhatIsTheTenantsOwnAndNobodys_AndNothingElse()
    {
        var (alices, bobs) = (await DeployAsync(Alice), await DeployAsync(Bob));
        var mine = _bench.Runpod.Endpoints().Single(endpoint => endpoint.Id == alices).Name;
        var his = _bench.Runpod.Endpoints().Single(endpoint => endpoint.Id == bobs).Name;
        Assert.NotEqual(mine.Split('-')[1], his.Split('-')[1]);
        var parts = mine.Split('-');
        var unknown = new string('0', parts[2].Length);

        // Alice's, of a deployment that never was; bob's likewise; and names that merely begin, end or look like ours.
        var stray = _bench.Runpod.SeedEndpoint($"{parts[0]}-{parts[1]}-{unknown}-1");
        var bobsStray = _bench.Runpod.SeedEndpoint($"{parts[0]}-{his.Split('-')[1]}-{unknown}-1");
        string[] foreign =
        [
            $"{mine}-copy", $"x{mine}", mine.ToUpperInvariant(), $"{parts[0]}-{parts[1]}", $"{parts[0]}-{parts[1]}-{unknown}-0", $"{parts[0]}-{parts[1]}-{unknown}-01",
            $"{parts[0]}-{parts[1]}-{unknown}-1 ", $"{parts[0]}-{parts[1]}-{unknown[..^1]}-1", $"rother00-{parts[1]}-{unknown}-1", $"{parts[0]}-00000000-{unknown}-1",
            $"{parts[0]}_{parts[1]}_{unknown}_1", $"visgate-{parts[2]}",
        ];
        var foreignIds = foreign.Select(name => _bench.Runpod.SeedEndpoint(name)).ToList();

        // One list serves all who ask within a moment: the first may be from before the stray was there.
        List<string?> removed = [];
        await Eventually.TrueAsync(async () =>
        {
            var (status, report) = await _bench.Server.SendAsync(HttpMethod.Post, "/v1/cleanup", "{}", ("Authorization", $"Bearer {Alice}"));
            Assert.Equal(200, status);
            removed.AddRange(report.GetProperty("orphans").EnumerateArray().Select(one => one.GetProperty("backend_id").GetString()));
            return removed.Count > 0;
        });
        Assert.Equal([stray], removed);
        AssertLeft([alices, bobs, bobsStray, .. foreignIds]);

        // The sweep goes over both tenants; without its grace it removes at once what it would after it.
        var services = _app.ApplicationServices;
        var sweep = new Sweep(
            services.GetRequiredService<ReconcilePorts>(), ct => services.GetRequiredService<Orphans>().AccountsAsync(tenant: null, ct), (_, _) => { },
            new SweepOptions { StrangerGrace = TimeSpan.Zero }, TimeProvider.System, NullLogger<Sweep>.Instance);
        await sweep.RunOnceAsync(CancellationToken.None);
        AssertLeft([alices, bobs, .. foreignIds]);

        foreach (var (key, endpoint) in new[] { (Alice, alices), (Bob, bobs) }) Assert.Equal("ready", (await OnlyAsync(key)).GetProperty("status").GetString());
    }

    private void AssertLeft(IEnumerable<string> ids) =>
        Assert.Equal(ids.Order(StringComparer.Ordinal), _bench.Runpod.Endpoints().Select(endpoint => endpoint.Id).Order(StringComparer.Ordinal));

    /// <returns>The id of its endpoint.</returns>
    private async Task<string> DeployAsync(string key)
    {
        var (status, body) = await _bench.Server.SendAsync(
            HttpMethod.Post, "/v1/deployments", $$"""{"hf_model_id":"{{RunpodBench.Model}}","workers":{"scaler_value":0.5} }""", ("Authorization", $"Bearer {key}"));
        Assert.True(status == 202, body.ToString());
        await Eventually.TrueAsync(async () => (await OnlyAsync(key)).GetProperty("status").GetString() == "ready");
        return (await OnlyAsync(key)).GetProperty("runpod_endpoint_id").GetString()!;
    }

    private async Task<JsonElement> OnlyAsync(string key) =>
        (await _bench.Server.SendAsync(HttpMethod.Get, "/v1/deployments", null, ("Authorization", $"Bearer {key}"))).Body.GetProperty("deployments")[0];
}
