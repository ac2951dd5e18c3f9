using System.Text.Json.Nodes;
using Rouse.Core.Deployments;
using Rouse.Core.Models;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.Providers.Runpod;

namespace Rouse.Providers.Tests.Runpod;

public sealed class ServicePodsTests
{
    [Fact]
    public async Task AServicesPod_IsItsImageWithItsOwnSettings_AndNothingOfOurWorkers()
    {
        await using var bench = await RunpodBench.StartAsync(change: options => options with { PodTemplateId = "ours", PodNetworkVolume = "ours", PodPorts = ["8888/http"] });
        await CreateAsync(bench, new HttpService { Image = "acme/tts:1", Args = "--fast", Port = 8188, NetworkVolume = "vol1" });
        var expected = $$"""
            {"name":"{{RunpodBench.Name()}}","image":"acme/tts:1","args":"--fast","disk":60,"env":{"PORT":"8188","TOKEN":"hush-hush"},
             "ports":["8188/http"],"cloud":"SECURE","gpu":{"id":"NVIDIA GeForce RTX 4090","count":1},"mounts":{"network":[{"volumeId":"vol1","path":"/workspace"}]} }
            """;
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), bench.LastBody("POST", "/v2/pods")), bench.LastBody("POST", "/v2/pods").ToJsonString());
    }

    [Fact]
    public async Task AServicesPod_NeedsNoWorkersImage()
    {
        await using var bench = await RunpodBench.StartAsync(change: options => options with { Image = null });
        await CreateAsync(bench, new HttpService { Image = "acme/tts:1" });
        Assert.Equal("8000/http", (string?)bench.LastBody("POST", "/v2/pods")["ports"]![0]);
        Assert.Single(await bench.ListPodsAsync());
    }

    [Fact]
    public async Task ARunningPod_AnswersAtItsAddress_AndAStoppedOneDoesNot()
    {
        await using var bench = await RunpodBench.StartAsync();
        var service = new HttpService { Image = "acme/tts:1", Port = 8188 };
        var id = await CreateAsync(bench, service);
        // The management plane stands in for the container: anything that answers HTTP does.
        bench.Fake.PodServer = (pod, port) => pod == id.Value && port == 8188 ? bench.Fake.ManagementUrl : null;
        var pods = new RunpodPods(bench.Client, bench.Options with { PodAddress = bench.Fake.PodUrl }, TimeProvider.System);
        var address = pods.Traits.AddressOf(id, service)!;
        using var http = new HttpClient();
        await TestKit.Time.Eventually.TrueAsync(async () => (int)(await http.GetAsync(new Uri($"{address}/v2/pods"))).StatusCode == 401);
        Assert.Equal(404, (int)(await http.GetAsync(new Uri($"{bench.Fake.PodUrl.Replace("{pod}", id.Value, StringComparison.Ordinal).Replace("{port}", "9", StringComparison.Ordinal)}/"))).StatusCode);
        bench.Fake.PodServer = static (_, _) => null;
        Assert.Equal(502, (int)(await http.GetAsync(address)).StatusCode);
        await bench.Pods.SetRunningAsync(id, running: false, bench.Access, CancellationToken.None);
        Assert.Equal(404, (int)(await http.GetAsync(address)).StatusCode);
    }

    private static ValueTask<BackendId> CreateAsync(RunpodBench bench, HttpService service)
    {
        var spec = new DeploymentSpec { Model = ModelRef.Of(service), Provider = RunpodPods.Kind, Service = service };
        var environment = new Dictionary<string, EnvironmentValue>(StringComparer.Ordinal) { ["PORT"] = service.Port.ToString(System.Globalization.CultureInfo.InvariantCulture), ["TOKEN"] = new Secret("hush-hush") };
        return bench.Pods.CreateAsync(new BackendRequest(RunpodBench.Name(), RunpodBench.Tenant, spec, RunpodBench.Gpu(), environment), bench.Access, CancellationToken.None);
    }
}
