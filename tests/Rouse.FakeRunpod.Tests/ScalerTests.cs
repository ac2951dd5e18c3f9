using System.Net;
using System.Text.Json.Nodes;
using Rouse.FakeRunpod.Serverless;
using Rouse.FakeRunpod.Workers;
using Rouse.TestKit.Time;

namespace Rouse.FakeRunpod.Tests;

public sealed class ScalerTests : ServerFixture
{
    [Fact]
    public async Task QueueDelay_AddsAWorkerEachTimeTheHeadHasWaited_UpToTheMaximum()
    {
        Simulated.Plan = static _ => new SimulatedPlan { Start = TimeSpan.FromMinutes(5) };
        var id = await Client.CreateEndpointAsync();
        for (var i = 0; i < 4; i++) await Client.RunAsync(id);
        Time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.Empty(Runpod.Workers(id));
        Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Single(Runpod.Workers(id));
        Time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(2, Runpod.Workers(id).Count);
    }

    [Fact]
    public async Task QueueDelay_StartsNoMoreWorkersThanJobsWait()
    {
        Simulated.Plan = static _ => new SimulatedPlan { Start = TimeSpan.FromMinutes(5) };
        var id = await Client.CreateEndpointAsync();
        await Client.RunAsync(id);
        Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Single(Runpod.Workers(id));
    }

    [Fact]
    public async Task RequestCount_WantsOneWorkerForSoMany()
    {
        Simulated.Plan = static _ => new SimulatedPlan { Start = TimeSpan.FromMinutes(5) };
        var id = await Client.CreateEndpointAsync(static body =>
            (body["scaling"], body["workers"]) = (JsonNode.Parse("""{"type":"REQUEST_COUNT","requestCount":2}"""), JsonNode.Parse("""{"max":5}""")));
        for (var i = 0; i < 3; i++) await Client.RunAsync(id);
        Assert.Equal(2, Runpod.Workers(id).Count);
    }

    [Fact]
    public async Task Workers_SpreadOverThePools_ByWhatIsFree()
    {
        Runpod.SetStock("AMPERE_24", static stock => stock.Capacity = 1);
        Runpod.SetStock("ADA_24", static stock => stock.Capacity = 2);
        var id = await Client.CreateEndpointAsync(static body =>
            (body["gpu"]!["pools"], body["workers"]) = (new JsonArray("AMPERE_24", "ADA_24"), JsonNode.Parse("""{"min":4,"max":4}""")));
        Assert.Equal(["ADA_24", "AMPERE_24", "ADA_24", null], Runpod.Workers(id).Select(static worker => worker.Pool));
        Assert.Equal(WorkerState.Throttled, Runpod.Workers(id)[3].State);
    }

    [Fact]
    public async Task ThreeIdleDays_CutTheWorkers_AndSevenEndThem()
    {
        var id = await Client.CreateEndpointAsync(static body => body["workers"] = JsonNode.Parse("""{"min":1,"max":3}"""));
        Time.Advance(TimeSpan.FromDays(3));
        Assert.Equal(2, Runpod.Endpoints()[0].WorkersMax);
        Time.Advance(TimeSpan.FromDays(4));
        Assert.Equal((0, 0), (Runpod.Endpoints()[0].WorkersMin, Runpod.Endpoints()[0].WorkersMax));
        Assert.Empty(Runpod.Workers(id));
        await Eventually.TrueAsync(() => Runpod.LivingContainers() == 0);
    }

    [Fact]
    public async Task ANewRelease_ReplacesIdleWorkers()
    {
        var id = await Client.CreateEndpointAsync(static body => body["workers"]!["min"] = 1);
        await Eventually.TrueAsync(() => Runpod.Workers(id)[0].State == WorkerState.Idle);
        var old = Runpod.Workers(id)[0].Id;
        await Client.PatchAsync($"/v2/serverless/{id}", new JsonObject { ["workers"] = new JsonObject { ["max"] = 3 } });
        Assert.Equal(old, Runpod.Workers(id)[0].Id);
        await Client.PatchAsync($"/v2/serverless/{id}", new JsonObject { ["image"] = "example/worker:2" });
        Assert.NotEqual(old, Assert.Single(Runpod.Workers(id)).Id);
    }

    [Fact]
    public async Task ThePull_IsFree_AndMayNeverEnd()
    {
        Runpod.Script.ImagePull = TimeSpan.FromSeconds(90);
        var id = await Client.CreateEndpointAsync(static body => body["workers"]!["min"] = 1);
        Time.Advance(TimeSpan.FromSeconds(89));
        Assert.Equal((WorkerState.Initializing, false), (Runpod.Workers(id)[0].State, Runpod.Workers(id)[0].IsRunning));
        Time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(10, Runpod.Bill(id).Seconds);
        Runpod.Script.ImagePullNeverEnds = true;
        var stuck = await Client.CreateEndpointAsync(static body => body["workers"]!["min"] = 1);
        Time.Advance(TimeSpan.FromHours(2));
        Assert.Equal((WorkerState.Initializing, 0), (Runpod.Workers(stuck)[0].State, Runpod.Bill(stuck).Seconds));
    }

    [Fact]
    public async Task ACrashLoop_IsUnhealthy_TriedAgain_AndEveryTryCosts()
    {
        Simulated.Plan = static _ => new SimulatedPlan { End = SimulatedEnd.Crashes, Start = TimeSpan.FromSeconds(3.5) };
        var id = await Client.CreateEndpointAsync(static body => body["workers"]!["min"] = 1);
        Time.Advance(TimeSpan.FromSeconds(3.5));
        await Eventually.TrueAsync(() => Runpod.Workers(id)[0].State == WorkerState.Unhealthy);
        Assert.Equal(4, Runpod.Bill(id).Seconds);
        Time.Advance(TimeSpan.FromSeconds(10));
        Assert.True(Runpod.Workers(id)[0].IsRunning);
        Time.Advance(TimeSpan.FromSeconds(3.5));
        await Eventually.TrueAsync(() => Runpod.Bill(id).Seconds == 8 && !Runpod.Workers(id)[0].IsRunning);
    }

    [Fact]
    public async Task AChangeOfPrice_CountsForWhatStartsLater()
    {
        var id = await Client.CreateEndpointAsync(static body => body["workers"]!["min"] = 1);
        Runpod.SetStock("ADA_24", static stock => stock.ServerlessPrice = 7.2m);
        Time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(10 * 1.116m / 3600, Runpod.Bill(id).Dollars);
        await Client.PatchAsync($"/v2/serverless/{id}", new JsonObject { ["image"] = "example/worker:2" });
        Time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(10 * (1.116m + 7.2m) / 3600, Runpod.Bill(id).Dollars);
        var listed = (await Client.GetAsync("/v2/catalog/gpus/NVIDIA%20GeForce%20RTX%204090")).Body!;
        Assert.Equal(7.2m, (decimal)listed["price"]!["serverless"]!);
    }

    [Fact]
    public async Task OnlyTheSettingsOwnEnv_ReachesTheWorker_TheBodyOverTheTemplate()
    {
        ContainerLaunch? seen = null;
        Simulated.Plan = launch =>
        {
            seen = launch;
            return new SimulatedPlan();
        };
        var template = (await Client.PostAsync("/v2/templates", JsonNode.Parse("""{"name":"t","image":"a:1","serverless":true,"env":{"A":"template","B":"template"}}""")!)).Text("id");
        await Client.CreateEndpointAsync(body => (body["templateId"], body["env"], body["workers"]!["min"]) = (template, new JsonObject { ["A"] = "body" }, 1));
        await Client.PatchAsync($"/v2/templates/{template}", JsonNode.Parse("""{"env":{"C":"late"}}""")!);
        var own = seen!.Environment
            .Where(static pair => !pair.Key.StartsWith("RUNPOD_", StringComparison.Ordinal))
            .OrderBy(static pair => pair.Key, StringComparer.Ordinal);
        Assert.Equal(["A=body", "B=template"], own.Select(static pair => $"{pair.Key}={pair.Value}"));
    }
}
