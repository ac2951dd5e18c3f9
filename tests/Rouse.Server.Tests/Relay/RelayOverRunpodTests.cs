using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Rouse.Contracts.Jobs;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.FakeRunpod;
using Rouse.FakeRunpod.Http;
using Rouse.FakeRunpod.Script;
using Rouse.FakeRunpod.Workers;
using Rouse.Providers.Runpod;
using Rouse.Server.Background;
using Rouse.Server.Tests.JobPlane;
using Rouse.Store;
using Rouse.Store.Jobs;
using Rouse.Store.Ownership;
using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.Relay;

/// <summary>From a caller's request through our job plane and Runpod's queue to a worker and back, over sockets all the way.</summary>
public sealed class RelayOverRunpodTests : IAsyncLifetime
{
    private static readonly JobRelayLimits s_limits = new() { FirstHold = TimeSpan.FromMilliseconds(100), LongestLook = TimeSpan.FromMilliseconds(300) };
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler());
    private SimulatedPlan _plan = new();
    private FakeRunpodServer _fake = null!;
    private JobPlaneApp _app = null!;
    private JobRelay _relay = null!;
    private string _endpoint = "";

    public async Task InitializeAsync()
    {
        _fake = await FakeRunpodServer.StartAsync(new FakeRunpodOptions { Runner = new SimulatedWorkers(TimeProvider.System) { Plan = _ => _plan } });
        _endpoint = _fake.SeedEndpoint("an endpoint", workersMax: 2);
        _fake.EditEndpoint(_endpoint, settings => settings["scaling"] = JsonNode.Parse("""{"type":"QUEUE_DELAY","queueDelay":0.5}"""));
        _app = await JobPlaneApp.StartAsync();
        _relay = await RelayAsync(_app);
    }

    public async Task DisposeAsync()
    {
        await _relay.StopAsync(default);
        await _app.DisposeAsync();
        await _fake.DisposeAsync();
        _http.Dispose();
    }

    [Fact]
    public async Task RunSync_ComesBackWithWhatARunpodWorkerMadeOfIt()
    {
        var (status, reply) = await _app.PostAsync("runsync?wait=60000", """{"input":{"prompt":"a cat"},"policy":{"executionTimeout":9000}}""");

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(("COMPLETED", """{"echo":{"prompt":"a cat"}}"""), (reply.GetProperty("status").GetString(), reply.GetProperty("output").GetRawText()));
        Assert.True(reply.TryGetProperty("delayTime", out _) && reply.TryGetProperty("executionTime", out _));
        Assert.Equal(9000, (int)JsonNode.Parse(Calls("POST", "run").Single().Body)!["policy"]!["executionTimeout"]!);
        Assert.Equal(1, (await _app.GetAsync("health")).Reply.GetProperty("jobs").GetProperty("completed").GetInt32());
    }

    [Theory]
    [InlineData(FaultKind.RefusedBeforeEffect, 429)]
    [InlineData(FaultKind.RefusedBeforeEffect, 503)]
    [InlineData(FaultKind.ErrorAfterEffect, 500)]
    [InlineData(FaultKind.LostReply, 0)]
    [InlineData(FaultKind.CutBeforeEffect, 0)]
    public async Task WhateverSubmissionsAndLooksMeet_TheJobEndsOnce(FaultKind kind, int status)
    {
        foreach (var (method, operation) in new[] { ("POST", "run"), ("GET", "status") })
        {
            _fake.Script.Add(new Fault(kind, method, $"/v2/{_endpoint}/{operation}") { Plane = CallPlane.Jobs, Status = status, RetryAfter = TimeSpan.FromSeconds(1), Times = 2 });
        }

        var (answered, reply) = await _app.PostAsync("runsync?wait=60000", """{"input":{"prompt":"a cat"}}""");

        Assert.Equal((HttpStatusCode.OK, "COMPLETED"), (answered, reply.GetProperty("status").GetString()));
        Assert.Equal(3, Calls("POST", "run").Count());
    }

    [Fact]
    public async Task Health_CountsOurJobsAndTheProvidersWorkers()
    {
        await using var app = await JobPlaneApp.StartAsync(observed: new WorkerCounts(Idle: 1, Initializing: 2, Ready: 1, Running: 3, Throttled: 4, Unhealthy: 5));
        await app.RunAsync();

        var health = (await app.GetAsync("health")).Reply;

        Assert.Equal(1, health.GetProperty("jobs").GetProperty("inQueue").GetInt32());
        Assert.Equal("""{"idle":1,"initializing":2,"ready":1,"running":3,"throttled":4,"unhealthy":5}""", health.GetProperty("workers").GetRawText());
    }

    [Fact]
    public async Task AServerThatStartsAgain_FollowsTheJobItHadHandedOn()
    {
        _plan = new SimulatedPlan { Job = TimeSpan.FromSeconds(3) };
        var job = await _app.RunAsync();
        await Eventually.TrueAsync(() => Calls("GET", "status").Any());
        await _app.StopAsync();
        await _relay.StopAsync(default);

        await using var next = await JobPlaneApp.StartAsync(folder: _app.Folder, deployment: _app.Deployment);
        var relay = await RelayAsync(next);
        await Eventually.TrueAsync(async () => await next.WordAsync(job) == "COMPLETED");
        await relay.StopAsync(default);

        Assert.Single(Calls("POST", "run"));
    }

    [Fact]
    public async Task ACancel_StopsTheRunpodWorkersJob()
    {
        _plan = new SimulatedPlan { Job = TimeSpan.FromMinutes(10) };
        var job = await _app.RunAsync();
        await Eventually.TrueAsync(async () => await _app.WordAsync(job) == "IN_PROGRESS");

        await _app.PostAsync($"cancel/{job}");

        await Eventually.TrueAsync(() => Calls("POST", "cancel").Any(call => call.Status == 200));
        Assert.Equal("CANCELLED", await _app.WordAsync(job));
    }

    [Fact]
    public async Task AJobThatRunsTooLong_IsTimedOutByRunpodAndHere()
    {
        _plan = new SimulatedPlan { Job = TimeSpan.FromMinutes(10) };
        var job = await _app.RunAsync("""{"input":{"a":1},"policy":{"executionTimeout":5000}}""");

        await Eventually.TrueAsync(async () => await _app.WordAsync(job) == "TIMED_OUT");
    }

    [Fact]
    public async Task AnEndpointThatIsDeletedAtTheConsole_LosesNoJob()
    {
        _fake.EditEndpoint(_endpoint, settings => settings["workers"]!["max"] = 0);
        var job = await _app.RunAsync();
        await Eventually.TrueAsync(() => Calls("GET", "status").Any());

        _fake.DeleteEndpoint(_endpoint);

        await Eventually.TrueAsync(() => Calls("POST", "run").Any(call => call.Status == 404));
        Assert.Equal("IN_QUEUE", await _app.WordAsync(job));
    }

    private IEnumerable<CallRecord> Calls(string method, string operation) => _fake.Calls.Where(call =>
        call.Plane == CallPlane.Jobs && call.Method == method && call.Path.StartsWith($"/v2/{_endpoint}/{operation}", StringComparison.Ordinal));

    private async Task<JobRelay> RelayAsync(JobPlaneApp app)
    {
        var database = app.Services.GetRequiredService<Database>();
        var tenant = TenantId.Parse("acme");
        var backend = new RelayedBackend(tenant, app.Deployment, 1, new BackendId(_endpoint), new ProviderAccess(tenant, new Secret(FakeRunpodServer.Key), "first"));
        var relay = new JobRelay(
            new JobRelayPorts
            {
                Relay = new RunpodJobs(new RunpodJobsOptions { BaseAddress = _fake.JobsUrl }, _http, TimeProvider.System),
                Backends = _ => ValueTask.FromResult<IReadOnlyList<RelayedBackend>>([backend]),
                Plane = app.Plane,
                Store = new RelayStore(database, TimeProvider.System),
                Leases = new LeaseStore(database, TimeProvider.System),
                Owner = "one",
                OpenS3 = static hidden => hidden,
                Hint = static (_, _) => { },
                Chance = static () => 0.5,
                Time = TimeProvider.System,
                Limits = s_limits,
            },
            NullLogger<JobRelay>.Instance);
        await relay.StartAsync(default);
        return relay;
    }
}
