using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Rouse.Core.Deployments;
using Rouse.Core.Models;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.FakeRunpod;
using Rouse.Providers.Runpod;
using Rouse.TestKit.Time;

namespace Rouse.Providers.Tests.Runpod;

/// <summary>A service's image behind Runpod's load balancer.</summary>
public sealed class ServiceEndpointsTests
{
    private static readonly HttpService s_service = new() { Image = "acme/tts:1", Args = "--fast", Port = 8188, HealthPath = "/fine", Concurrency = 3 };

    [Fact]
    public async Task AServicesEndpoint_IsItsImageBehindALoadBalancer_AndNothingOfOurWorkers()
    {
        await using var bench = await RunpodBench.StartAsync(change: options => options with { TemplateId = "ours" });
        await CreateAsync(bench);
        var expected = $$"""
            {"name":"{{RunpodBench.Name()}}","type":"LOAD_BALANCER","image":"acme/tts:1","args":"--fast","disk":60,
             "env":{"PORT":"8188","PORT_HEALTH":"8188","HEALTH_CHECK_PATH":"/fine","TOKEN":"hush-hush"},"ports":["8188/http"],
             "gpu":{"pools":["ADA_24"],"count":1},"workers":{"min":0,"max":2,"idleTimeout":600},"scaling":{"type":"REQUEST_COUNT","requestCount":3},
             "timeout":600000,"flashboot":"FLASHBOOT"}
            """;
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), bench.LastBody("POST", "/v2/serverless")), bench.LastBody("POST", "/v2/serverless").ToJsonString());
    }

    [Fact]
    public void WhatACallerNamesInItsVariables_StaysAsItIs()
    {
        var given = new Dictionary<string, string>(StringComparer.Ordinal) { ["PORT"] = "9000", ["HEALTH_CHECK_PATH"] = "/mine" };
        var made = BalancerOrder.Environment(s_service, given);
        Assert.Equal(("9000", "9000", "/mine"), (made["PORT"], made["PORT_HEALTH"], made["HEALTH_CHECK_PATH"]));
    }

    [Fact]
    public async Task ARequestToItsAddress_WakesIt_AndNoJobEverDoes()
    {
        await using var bench = await RunpodBench.StartAsync(change: options => options with { Image = null });
        // Its container runs, and nothing listens there.
        bench.Fake.WorkerServer = static (_, _) => null;
        var id = await CreateAsync(bench);
        await Eventually.TrueAsync(async () => (await bench.ListAsync()).Single().Status == BackendStatus.Sleeping);
        await bench.WakeAsync(id);
        Assert.Empty(bench.Fake.Workers(id.Value));
        var address = bench.Serverless.Traits.AddressOf(id, s_service)!;
        using var http = new HttpClient();
        Assert.Equal(401, (int)(await http.GetAsync(address)).StatusCode);

        using var keyed = new HttpClient { DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", FakeRunpodServer.Key) } };
        using var left = new CancellationTokenSource();
        var held = keyed.GetAsync(new Uri($"{address}/work"), left.Token);
        await Eventually.TrueAsync(() => bench.Fake.Workers(id.Value).Count == 1);
        Assert.False(held.IsCompleted);
        await left.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => held);
        Assert.Equal(404, (int)(await keyed.GetAsync(new Uri(bench.Fake.BalancerUrl.Replace("{id}", "nobody", StringComparison.Ordinal)))).StatusCode);
        Assert.DoesNotContain(bench.Fake.Calls, call => call.Path.EndsWith("/run", StringComparison.Ordinal) || call.Path.EndsWith("/health", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ItsWorker_IsSeen_AndWhetherItCanWorkIsNotJudgedByThat()
    {
        await using var backend = await HealthyServer.StartAsync();
        await using var bench = await RunpodBench.StartAsync();
        bench.Fake.WorkerServer = (_, _) => backend.Address;
        var id = await CreateAsync(bench);
        using var keyed = new HttpClient { DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", FakeRunpodServer.Key) } };
        Assert.Equal(HttpStatusCode.OK, (await keyed.GetAsync(new Uri($"{bench.Serverless.Traits.AddressOf(id, s_service)}/anything"))).StatusCode);
        await Eventually.TrueAsync(async () => (await bench.ListAsync()).Single() is { Status: BackendStatus.Running, ReadyWorkers: 0, Workers: 1 });
    }

    [Fact]
    public async Task AWorkerThatIsLongUnhealthy_IsTold_AndIsNotTheEndOfItsDeployment()
    {
        await using var bench = await RunpodBench.StartAsync(change: options => options with { CrashLoopLooks = 2, CrashLoopSpan = TimeSpan.Zero });
        bench.Fake.WorkerServer = static (_, _) => null;
        var id = await CreateAsync(bench);
        bench.Fake.EditEndpoint(id.Value, settings => settings["workers"]!["min"] = 1);
        bench.Fake.MarkUnhealthy(Assert.Single(bench.Fake.Workers(id.Value)).Id);
        await Eventually.TrueAsync(async () => (await bench.ListAsync()).Single().Trouble is { Cause.Code: FailureCodes.CrashLoop, Fatal: false });
    }

    [Fact]
    public async Task ItIsPutAsleepAndLetHaveWorkersAgain_AndItsBoundsChangeWithoutItsImage()
    {
        await using var bench = await RunpodBench.StartAsync();
        var id = await CreateAsync(bench);
        await bench.Serverless.SetRunningAsync(id, running: false, bench.Access, CancellationToken.None);
        await Eventually.TrueAsync(async () => (await bench.ListAsync()).Single() is { Status: BackendStatus.Sleeping, Settings.MaxWorkers: 0 });
        await bench.WakeAsync(id);
        await Eventually.TrueAsync(async () => (await bench.ListAsync()).Single() is { Settings.MaxWorkers: 2 });
        await bench.Serverless.ScaleAsync(id, new WorkerScaling { Min = 1, Max = 2, IdleTimeout = TimeSpan.FromSeconds(60), Scaler = Scaler.RequestCount }, bench.Access, CancellationToken.None);
        var body = bench.LastBody("PATCH", "/v2/serverless");
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse("""{"workers":{"min":1,"max":2,"idleTimeout":60}}"""), body), body.ToJsonString());
    }

    [Fact]
    public async Task AnotherProcess_KnowsAnEndpointWithoutAQueueByTheList()
    {
        await using var bench = await RunpodBench.StartAsync();
        var id = await CreateAsync(bench);
        var other = new RunpodServerless(bench.Client, bench.Options, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        await other.SetRunningAsync(id, running: true, bench.Access, CancellationToken.None);
        await Eventually.TrueAsync(async () => (await other.ListOwnedAsync(RunpodBench.Owner, bench.Access, CancellationToken.None)).Single().Status == BackendStatus.Sleeping);
        Assert.DoesNotContain(bench.Fake.Calls, call => call.Path.EndsWith("/run", StringComparison.Ordinal) || call.Path.EndsWith("/health", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("https://{id}.api.runpod.ai", true)]
    [InlineData("http://127.0.0.1:9/{id}", true)]
    [InlineData("https://api.runpod.ai", false)]
    [InlineData("{id}", false)]
    public void ATemplate_NamesTheEndpoint_AndIsAnAddress(string template, bool isOne) => Assert.Equal(isOne, BalancerAddress.IsTemplate(template));

    private static ValueTask<BackendId> CreateAsync(RunpodBench bench)
    {
        var workers = new WorkerScaling { Min = 1, Max = 2, IdleTimeout = TimeSpan.FromSeconds(600), Scaler = Scaler.RequestCount };
        var spec = new DeploymentSpec { Model = ModelRef.Of(s_service), Provider = RunpodServerless.Kind, Service = s_service, Workers = workers };
        var environment = new Dictionary<string, EnvironmentValue>(StringComparer.Ordinal) { ["PORT"] = "8188", ["TOKEN"] = new Secret("hush-hush") };
        return bench.Serverless.CreateAsync(new BackendRequest(RunpodBench.Name(), RunpodBench.Tenant, spec, RunpodBench.Pool(), environment), bench.Access, CancellationToken.None);
    }
}
