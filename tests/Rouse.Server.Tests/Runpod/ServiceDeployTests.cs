using System.Text.Json.Nodes;
using Rouse.Core.Deployments;
using Rouse.FakeRunpod;
using Rouse.FakeRunpod.Pods;
using Rouse.Server.Tests.Host;
using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.Runpod;

/// <summary>Deployments that speak HTTP, from the request to the provider and away again.</summary>
public sealed class ServiceDeployTests : IAsyncLifetime
{
    private RunpodBench _bench = null!;

    private FakeRunpodServer Runpod => _bench.Runpod;

    private TestServer Server => _bench.Server;

    public async Task InitializeAsync() => _bench = await RunpodBench.StartAsync();

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [Fact]
    public async Task AnImage_IsOrderedAsAPod_WithItsVariablesAndNoneOfOurs_AndIsGoneAfterItsDelete()
    {
        var id = await Server.DeployAsync("""{"service":{"image":"acme/tts:1","port":8188,"env":{"TOKEN":"hush-hush","EMPTY":"","MODE":"fast"}},"gpu_tier":"A10"}""");
        var seen = await _bench.UntilAsync(id, view => view.BackendId is not null);
        Assert.Equal(("runpod-pods", "acme/tts:1"), (seen.Provider, seen.ModelId));
        Assert.Equal(["EMPTY", "MODE", "TOKEN"], seen.Service!.EnvNames);
        Assert.EndsWith($"/d/{id}/", seen.ServiceUrl, StringComparison.Ordinal);
        var body = JsonNode.Parse(Runpod.Calls.Last(call => call is { Method: "POST", Path: "/v2/pods" }).Body)!;
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse("""{"PORT":"8188","TOKEN":"hush-hush","EMPTY":"","MODE":"fast"}"""), body["env"]), body.ToJsonString());
        Assert.Equal(("acme/tts:1", "8188/http"), ((string?)body["image"], (string?)body["ports"]![0]));
        await _bench.DeleteAsync(id);
        Assert.Empty(Runpod.Pods());
    }

    [Fact]
    public async Task APodThatExists_IsTakenUnderADeploymentsName_AndOutlivesIt()
    {
        var pod = Runpod.SeedPod("my comfy");
        var id = await Server.DeployAsync($$"""{"service":{"pod_id":"{{pod}}"} }""");
        await _bench.UntilAsync(id, view => view.BackendId == pod);
        var (status, refused) = await Server.SendAsync(HttpMethod.Post, "/v1/deployments", $$"""{"service":{"pod_id":"{{pod}}"} }""");
        Assert.Equal((409, "POD_ATTACHED"), (status, refused.GetProperty("error").GetString()));
        Assert.Equal(id, refused.GetProperty("details").GetProperty("deployment_id").GetString());
        await _bench.DeleteAsync(id);
        await _bench.UntilAsync(id, view => view.ResourcesReleasedAt is not null);
        Assert.Equal(PodState.Running, Assert.Single(Runpod.Pods()).State);

        var again = await Server.DeployAsync($$"""{"service":{"pod_id":"{{pod}}"} }""");
        await _bench.UntilAsync(again, view => view.BackendId == pod);
    }

    [Fact]
    public async Task APodThatIsNotThere_FailsTheDeployment()
    {
        var id = await Server.DeployAsync("""{"service":{"pod_id":"nosuchpod"}}""");
        var failed = await _bench.UntilAsync(id, "failed");
        Assert.Equal("provider_rejected", failed.ErrorCode);
        Assert.Contains("nosuchpod", failed.Error!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnAddress_HasABackendAtOnce_AndIsReleasedWithItsDeployment()
    {
        var id = await Server.DeployAsync("""{"service":{"upstream":"http://127.0.0.1:1/v1"},"name":"tts"}""");
        var seen = await _bench.UntilAsync(id, view => view.BackendId is not null);
        Assert.Equal(("external", 1, "external"), (seen.Provider, seen.Attempt, seen.GpuAllocated));
        Assert.Equal("http://127.0.0.1:1/v1", seen.Service!.Upstream);
        await _bench.DeleteAsync(id);
        await _bench.UntilAsync(id, view => view.ResourcesReleasedAt is not null);
    }
}
