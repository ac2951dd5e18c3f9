using System.Net;
using System.Text.Json.Nodes;
using Rouse.FakeRunpod.Pods;
using Rouse.FakeRunpod.Workers;
using Rouse.TestKit.Time;

namespace Rouse.FakeRunpod.Tests;

public sealed class PodTests : ServerFixture
{
    [Fact]
    public async Task APod_IsProvisioned_Runs_AndCostsUntilItIsGone()
    {
        Runpod.Script.ImagePull = TimeSpan.FromSeconds(30);
        var id = await CreateAsync();
        Assert.Equal("PROVISIONING", (await Client.GetAsync($"/v2/pods/{id}")).Text("status"));
        Time.Advance(TimeSpan.FromSeconds(40));
        Assert.Equal("RUNNING", (await Client.GetAsync($"/v2/pods/{id}")).Text("status"));
        Assert.Equal(HttpStatusCode.NoContent, (await Client.DeleteAsync($"/v2/pods/{id}")).Status);
        Time.Advance(TimeSpan.FromHours(1));
        var disk = 20 * 0.10m / 730 / 3600;
        Assert.Equal((10 * 0.69m / 3600) + (40 * disk), Runpod.Bill(id).Dollars, 12);
        Assert.Equal(0, Runpod.LivingContainers());
    }

    [Fact]
    public async Task WithoutCapacity_TheRefusalIsRunpodsOwn_AndLeavesNothing()
    {
        Runpod.SetStock("ADA_24", static stock => stock.Capacity = 0);
        var got = await Client.PostAsync("/v2/pods", Bodies.Pod());
        Assert.Equal(HttpStatusCode.BadRequest, got.Status);
        Assert.Equal("There are no longer any instances available with the requested specifications. Please refresh and try again.", got.Text("detail"));
        Assert.Empty(Runpod.Pods());
    }

    [Fact]
    public async Task AStoppedPod_MayNotFindAGpuAgain_AndItsVolumeGoesOnCosting()
    {
        var id = await CreateAsync(static body => body["mounts"] = JsonNode.Parse("""{"persistent":{"size":100,"path":"/workspace"}}"""));
        Assert.Equal(HttpStatusCode.OK, (await ActAsync(id, "stop")).Status);
        Assert.Equal(HttpStatusCode.Conflict, (await ActAsync(id, "stop")).Status);
        var before = Runpod.Bill(id).Dollars;
        Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(100 * 0.20m / 730, Runpod.Bill(id).Dollars - before, 12);
        Runpod.Script.HostHasNoFreeGpu = true;
        var start = await ActAsync(id, "start");
        Assert.Equal("There are not enough free GPUs on the host machine to start this pod.", start.Text("detail"));
        Runpod.Script.HostHasNoFreeGpu = false;
        Assert.Equal(HttpStatusCode.OK, (await ActAsync(id, "start")).Status);
        Assert.Equal(PodState.Running, Runpod.Pods()[0].State);
        Assert.Equal(HttpStatusCode.NoContent, (await ActAsync(id, "terminate")).Status);
    }

    [Fact]
    public async Task APodWhoseProgramEnds_IsNotStartedAgain()
    {
        Simulated.Plan = static _ => new SimulatedPlan { End = SimulatedEnd.Crashes };
        var id = await CreateAsync();
        await Eventually.TrueAsync(() => Runpod.Pods()[0].State == PodState.Error);
        Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(0, Runpod.LivingContainers());
        Assert.Equal("ERROR", (await Client.GetAsync($"/v2/pods/{id}")).Text("status"));
    }

    private async Task<string> CreateAsync(Action<JsonObject>? change = null)
    {
        var got = await Client.PostAsync("/v2/pods", Bodies.Pod(change));
        Assert.Equal(HttpStatusCode.Created, got.Status);
        return got.Text("id");
    }

    private Task<Got> ActAsync(string id, string action) => Client.PostAsync($"/v2/pods/{id}/action", new JsonObject { ["action"] = action });
}
