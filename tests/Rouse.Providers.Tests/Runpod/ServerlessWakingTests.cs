using System.Text.Json.Nodes;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.FakeRunpod.Http;
using Rouse.FakeRunpod.Script;
using Rouse.FakeRunpod.Workers;
using Rouse.TestKit.Time;

namespace Rouse.Providers.Tests.Runpod;

public sealed class ServerlessWakingTests
{
    private static readonly WorkerScaling s_fast = new() { ScalerValue = 0.5 };

    [Fact]
    public async Task Waking_SendsOneJob_UnderRunpodsOwnNames_HoweverOftenItIsAsked()
    {
        await using var bench = await RunpodBench.StartAsync();
        bench.Fake.Script.ImagePullNeverEnds = true;
        var id = await bench.CreateAsync();
        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => bench.WakeAsync(id).AsTask()));
        await bench.WakeAsync(id);
        var body = JsonNode.Parse(Assert.Single(Jobs(bench)).Body);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse("""{"input":{"rouse_warm_up":true},"policy":{"executionTimeout":600000,"ttl":1800000}}"""), body));
    }

    [Fact]
    public async Task AWokenEndpoint_ComesToHaveAReadyWorker()
    {
        await using var bench = await RunpodBench.StartAsync();
        var id = await bench.CreateAsync(s_fast);
        await bench.WakeAsync(id);
        await Eventually.TrueAsync(async () => (await bench.ListAsync()).Single() is { Status: BackendStatus.Running, ReadyWorkers: 1, Workers: 1, Trouble: null });
        await bench.WakeAsync(id);
        Assert.Single(Jobs(bench));
    }

    [Fact]
    public async Task AnEndpointThatHasAWorker_IsNotSentAJob()
    {
        await using var bench = await RunpodBench.StartAsync();
        var id = await bench.CreateAsync(s_fast);
        bench.Fake.EditEndpoint(id.Value, settings => settings["workers"]!["min"] = 1);
        await Eventually.TrueAsync(async () => (await bench.ListAsync()).Single().ReadyWorkers == 1);
        await bench.WakeAsync(id);
        Assert.Empty(Jobs(bench));
    }

    [Fact]
    public async Task AJobThatStillWaits_IsNotJoinedByAnother_AndALostOneIs()
    {
        var time = new ManualTime();
        await using var bench = await RunpodBench.StartAsync(time);
        bench.Fake.SetStock("ADA_24", stock => stock.Capacity = 0);
        var id = await bench.CreateAsync();
        await bench.WakeAsync(id);
        time.Advance(TimeSpan.FromMinutes(5));
        await bench.WakeAsync(id);
        Assert.Single(Jobs(bench));
        // It vanished unserved, and its throttled worker with it.
        time.Advance(TimeSpan.FromMinutes(30));
        await bench.WakeAsync(id);
        Assert.Equal(2, Jobs(bench).Count);
    }

    [Fact]
    public async Task AJobThatRunpodRefused_IsSentAgain()
    {
        await using var bench = await RunpodBench.StartAsync();
        var id = await bench.CreateAsync();
        bench.Fake.Script.Add(new Fault(FaultKind.RefusedBeforeEffect, "POST") { Plane = CallPlane.Jobs, Status = 429, RetryAfter = TimeSpan.FromSeconds(3) });
        var fault = await Assert.ThrowsAsync<ProviderException>(async () => await bench.WakeAsync(id));
        Assert.Equal((ProviderFault.RateLimited, TimeSpan.FromSeconds(3)), (fault.Fault, fault.RetryAfter));
        await bench.WakeAsync(id);
        Assert.Equal(2, Jobs(bench).Count);
    }

    [Fact]
    public async Task AnEndpointItsQueueDoesNotKnowYet_IsWokenByTheNextTry()
    {
        await using var bench = await RunpodBench.StartAsync();
        var id = await bench.CreateAsync();
        bench.Fake.Script.Add(new Fault(FaultKind.RefusedBeforeEffect, "POST") { Plane = CallPlane.Jobs, Status = 404, Detail = "endpoint not found" });
        await Assert.ThrowsAsync<ProviderException>(async () => await bench.WakeAsync(id));
        await bench.WakeAsync(id);
        Assert.Equal([404, 200], Jobs(bench).Select(call => call.Status));
    }

    [Fact]
    public async Task AQueueThatMayNotBeAsked_LeavesTheRestToBeSeen()
    {
        await using var bench = await RunpodBench.StartAsync();
        var id = await bench.CreateAsync(s_fast);
        bench.Fake.Script.Add(new Fault(FaultKind.RefusedBeforeEffect, "GET") { Plane = CallPlane.Jobs, Status = 401, Times = int.MaxValue });
        await bench.WakeAsync(id);
        await Eventually.TrueAsync(async () => (await bench.ListAsync()).Single().Status == BackendStatus.Running);
    }

    [Fact]
    public async Task AHibernatedEndpoint_HasNoWorkersAndSleeps_AndWakesWithAsManyAsBefore()
    {
        await using var bench = await RunpodBench.StartAsync();
        var id = await bench.CreateAsync(s_fast with { Max = 3 });
        await bench.ListAsync();
        await bench.Serverless.SetRunningAsync(id, running: false, bench.Access, CancellationToken.None);
        Assert.Equal((0, 0), bench.Fake.Endpoints().Select(seen => (seen.WorkersMin, seen.WorkersMax)).Single());
        Assert.Equal(BackendStatus.Sleeping, (await bench.ListAsync()).Single().Status);
        await bench.WakeAsync(id);
        Assert.Equal((0, 3), bench.Fake.Endpoints().Select(seen => (seen.WorkersMin, seen.WorkersMax)).Single());
        await Eventually.TrueAsync(async () => (await bench.ListAsync()).Single().Status == BackendStatus.Running);
    }

    [Fact]
    public async Task AnEndpointWithoutWorkersAndJobs_Sleeps_AndOneWithAJobStarts()
    {
        await using var bench = await RunpodBench.StartAsync();
        bench.Fake.Script.ImagePullNeverEnds = true;
        var id = bench.Fake.SeedEndpoint(RunpodBench.Name().ToString(), workersMax: 1);
        Assert.Equal(BackendStatus.Sleeping, (await bench.ListAsync()).Single().Status);
        await bench.WakeAsync(new BackendId(id));
        await Eventually.TrueAsync(async () => (await bench.ListAsync()).Single() is { Status: BackendStatus.Starting, Workers: 1 });
    }

    [Fact]
    public async Task WithoutAFreeGpu_TheTroubleIsCapacity_AndNotFatal()
    {
        await using var bench = await RunpodBench.StartAsync();
        bench.Fake.SetStock("ADA_24", stock => stock.Capacity = 0);
        var id = await bench.CreateAsync(s_fast);
        await bench.WakeAsync(id);
        await Eventually.TrueAsync(async () => (await bench.ListAsync()).Single().Trouble is { Fatal: false, Cause.Code: FailureCodes.NoCapacity });
    }

    [Fact]
    public async Task WorkersThatStayUnhealthy_AreACrashLoop_AndNotBeforeSomeTime()
    {
        var time = new ManualTime();
        await using var bench = await RunpodBench.StartAsync(time);
        bench.Workers.Plan = _ => new SimulatedPlan { End = SimulatedEnd.Hangs };
        var id = await bench.CreateAsync();
        bench.Fake.EditEndpoint(id.Value, settings => settings["workers"]!["min"] = 1);
        bench.Fake.MarkUnhealthy(bench.Fake.Workers(id.Value).Single().Id);
        for (var look = 0; look < 10; look++)
        {
            var trouble = (await bench.ListAsync()).Single().Trouble;
            Assert.True(trouble is { Fatal: false, Cause.Code: FailureCodes.WorkerUnhealthy }, $"{trouble}");
            time.Advance(TimeSpan.FromSeconds(10));
        }

        time.Advance(TimeSpan.FromSeconds(30));
        Assert.True((await bench.ListAsync()).Single().Trouble is { Fatal: true, Cause.Code: FailureCodes.CrashLoop });
    }

    [Fact]
    public async Task WorkersThatInitializeForLong_AreTold()
    {
        var time = new ManualTime();
        await using var bench = await RunpodBench.StartAsync(time);
        bench.Fake.Script.ImagePullNeverEnds = true;
        var id = await bench.CreateAsync();
        bench.Fake.EditEndpoint(id.Value, settings => settings["workers"]!["min"] = 1);
        Assert.Null((await bench.ListAsync()).Single().Trouble);
        time.Advance(TimeSpan.FromMinutes(6));
        Assert.True((await bench.ListAsync()).Single().Trouble is { Fatal: false, Cause.Code: FailureCodes.ImagePull });
    }

    private static List<CallRecord> Jobs(RunpodBench bench) => [.. bench.Fake.Calls.Where(call => call.Plane == CallPlane.Jobs && call.Method == "POST")];
}
