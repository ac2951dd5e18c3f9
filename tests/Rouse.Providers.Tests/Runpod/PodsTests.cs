using System.Text.Json.Nodes;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.FakeRunpod.Pods;
using Rouse.FakeRunpod.Script;
using Rouse.FakeRunpod.Workers;
using Rouse.TestKit.Time;

namespace Rouse.Providers.Tests.Runpod;

public sealed class PodsTests
{
    [Fact]
    public async Task ANewPod_NamesItsGpuAndItsCount()
    {
        await using var bench = await RunpodBench.StartAsync(change: options => options with { PodVolumeGb = 5, PodPorts = ["8888/http"] });
        await bench.CreatePodAsync();
        var expected = $$"""
            {"name":"{{RunpodBench.Name()}}","image":"example/rouse-worker:1","disk":60,"env":{"ROUSE_MODEL_ID":"org/name","HF_TOKEN":"hf_a_token_of_the_hub"},
             "ports":["8888/http"],"cloud":"SECURE","gpu":{"id":"NVIDIA GeForce RTX 4090","count":1},"mounts":{"persistent":{"size":10,"path":"/workspace"} } }
            """;
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), bench.LastBody("POST", "/v2/pods")), bench.LastBody("POST", "/v2/pods").ToJsonString());
    }

    [Fact]
    public async Task ANetworkVolume_TakesTheDisksPlace()
    {
        await using var bench = await RunpodBench.StartAsync(change: options => options with { PodVolumeGb = 50, PodNetworkVolume = "vol1" });
        await bench.CreatePodAsync();
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse("""{"network":[{"volumeId":"vol1","path":"/workspace"}]}"""), bench.LastBody("POST", "/v2/pods")["mounts"]));
    }

    [Fact]
    public async Task APod_StartsRunsSleepsAndWakes()
    {
        await using var bench = await RunpodBench.StartAsync(change: options => options with { PodVolumeGb = 100 });
        var id = await bench.CreatePodAsync();
        await Eventually.TrueAsync(async () => (await bench.ListPodsAsync()).Single() is { Status: BackendStatus.Running, Workers: 1, ReadyWorkers: 0 });
        await bench.Pods.SetRunningAsync(id, running: false, bench.Access, CancellationToken.None);
        Assert.True((await bench.ListPodsAsync()).Single() is { Status: BackendStatus.Sleeping, Workers: 0 });
        Assert.Equal(0, bench.Fake.LivingContainers());
        await bench.Pods.SetRunningAsync(id, running: true, bench.Access, CancellationToken.None);
        await Eventually.TrueAsync(async () => (await bench.ListPodsAsync()).Single().Status == BackendStatus.Running);
    }

    [Fact]
    public async Task WhatAStoppedPodStores_IsToldByTheHour()
    {
        await using var bench = await RunpodBench.StartAsync(change: options => options with { PodVolumeGb = 100 });
        var id = await bench.CreatePodAsync();
        Assert.Equal(160 * 0.10m / 730, (await bench.ListPodsAsync()).Single().StorageUsdPerHour);
        await bench.Pods.SetRunningAsync(id, running: false, bench.Access, CancellationToken.None);
        Assert.Equal(100 * 0.20m / 730, (await bench.ListPodsAsync()).Single().StorageUsdPerHour);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AskingForTheStateItHas_IsDone(bool running)
    {
        await using var bench = await RunpodBench.StartAsync();
        var id = await bench.CreatePodAsync();
        for (var time = 0; time < 2; time++) await bench.Pods.SetRunningAsync(id, running, bench.Access, CancellationToken.None);
        Assert.Equal(running, bench.Fake.Pods().Single().State != PodState.Exited);
    }

    [Fact]
    public async Task ALockedPod_IsNotSaidToBeStopped()
    {
        await using var bench = await RunpodBench.StartAsync();
        var id = await bench.CreatePodAsync();
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new("Bearer", FakeRunpod.FakeRunpodServer.Key);
        using var body = new StringContent("""{"locked":true}""", null, "application/json");
        (await http.PatchAsync(new Uri(bench.Fake.ManagementUrl, $"/v2/pods/{id}"), body)).EnsureSuccessStatusCode();
        var fault = await Assert.ThrowsAsync<ProviderException>(async () => await bench.Pods.SetRunningAsync(id, running: false, bench.Access, CancellationToken.None));
        Assert.Equal(ProviderFault.Rejected, fault.Fault);
    }

    [Fact]
    public async Task AStoppedPodWhoseGpuIsGone_IsWantOfCapacity()
    {
        await using var bench = await RunpodBench.StartAsync();
        var id = await bench.CreatePodAsync();
        await bench.Pods.SetRunningAsync(id, running: false, bench.Access, CancellationToken.None);
        bench.Fake.Script.HostHasNoFreeGpu = true;
        var fault = await Assert.ThrowsAsync<ProviderException>(async () => await bench.Pods.SetRunningAsync(id, running: true, bench.Access, CancellationToken.None));
        Assert.Equal(ProviderFault.Capacity, fault.Fault);
    }

    [Fact]
    public async Task WithoutStock_ThereIsNoPod_AndItIsWantOfCapacity()
    {
        await using var bench = await RunpodBench.StartAsync();
        bench.Fake.SetStock("ADA_24", stock => stock.Capacity = 0);
        Assert.Equal(ProviderFault.Capacity, (await Assert.ThrowsAsync<ProviderException>(async () => await bench.CreatePodAsync())).Fault);
        Assert.Empty(bench.Fake.Pods());
    }

    [Fact]
    public async Task APodWhoseContainerBroke_IsInFatalTrouble()
    {
        await using var bench = await RunpodBench.StartAsync();
        bench.Workers.Plan = _ => new SimulatedPlan { End = SimulatedEnd.Crashes };
        await bench.CreatePodAsync();
        await Eventually.TrueAsync(async () => (await bench.ListPodsAsync()).Single().Trouble is { Fatal: true, Cause.Code: FailureCodes.WorkerUnhealthy });
    }

    [Fact]
    public async Task APodToldToBeGone_IsDeleted()
    {
        await using var bench = await RunpodBench.StartAsync();
        bench.Fake.Script.Add(new Fault(FaultKind.RefusedBeforeEffect, "DELETE") { Status = 500, Detail = "pod not found to terminate" });
        await bench.Pods.DeleteAsync(new BackendId("gone"), bench.Access, CancellationToken.None);
        await bench.Pods.SetRunningAsync(new BackendId("gone"), running: false, bench.Access, CancellationToken.None);
        var fault = await Assert.ThrowsAsync<ProviderException>(async () => await bench.Pods.SetRunningAsync(new BackendId("gone"), running: true, bench.Access, CancellationToken.None));
        Assert.Equal(ProviderFault.Rejected, fault.Fault);
    }

    [Fact]
    public async Task ACreateWhoseReplyIsLost_IsFoundByItsName()
    {
        await using var bench = await RunpodBench.StartAsync();
        bench.Fake.Script.Add(new Fault(FaultKind.LostReply, "POST", "/v2/pods"));
        Assert.Equal(ProviderFault.Unknown, (await Assert.ThrowsAsync<ProviderException>(async () => await bench.CreatePodAsync())).Fault);
        Assert.Equal(RunpodBench.Name(), Assert.Single(await bench.ListPodsAsync()).Name);
    }
}
