using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
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

    [Fact]
    public async Task AnAddressThatAnswers_MakesItsDeploymentReady()
    {
        await using var app = await AnsweringAsync();
        var id = await Server.DeployAsync($$"""{"service":{"upstream":"{{app.Urls.First()}}/v1","health_path":"/fine"} }""");
        var ready = await _bench.UntilAsync(id, "ready");
        Assert.Equal(("external", 1), (ready.Provider, ready.Attempt));
        await _bench.DeleteAsync(id);
    }

    [Fact]
    public async Task APodThatExistsAndSleeps_IsStarted_ReadyOnceItAnswers_AndCostsWhatItsOwnerPays()
    {
        await using var app = await AnsweringAsync();
        Runpod.PodServer = (_, _) => new Uri(app.Urls.First());
        var pod = Runpod.SeedPod("my comfy", port: 8188);
        using var http = new HttpClient { BaseAddress = Runpod.ManagementUrl };
        http.DefaultRequestHeaders.Authorization = new("Bearer", FakeRunpodServer.Key);
        using var stop = new StringContent("""{"action":"stop"}""", null, "application/json");
        (await http.PostAsync(new Uri($"/v2/pods/{pod}/action", UriKind.Relative), stop)).EnsureSuccessStatusCode();

        var id = await Server.DeployAsync($$"""{"service":{"pod_id":"{{pod}}","port":8188,"health_path":"/fine"} }""");
        var ready = await _bench.UntilAsync(id, "ready");
        Assert.Equal((pod, null), (ready.BackendId, ready.PricePerHourUsd));
        Assert.Equal(PodState.Running, Assert.Single(Runpod.Pods()).State);
        await Eventually.TrueAsync(async () => (await Server.SendAsync(HttpMethod.Get, $"/v1/deployments/{id}/cost")).Body.GetProperty("now_usd_per_hour").GetDecimal() > 0.5m);
        await _bench.DeleteAsync(id);
        Assert.Equal(PodState.Running, Assert.Single(Runpod.Pods()).State);
    }

    private static async Task<WebApplication> AnsweringAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.Run(static context => context.Request.Path.Value!.EndsWith("/fine", StringComparison.Ordinal) ? context.Response.WriteAsync("fine") : Task.FromResult(context.Response.StatusCode = StatusCodes.Status404NotFound));
        await app.StartAsync();
        return app;
    }
}
