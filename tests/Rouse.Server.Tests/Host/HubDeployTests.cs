using Rouse.Contracts.Deployments;
using Rouse.Onnx.Samples.TinyDiffusion;
using Rouse.TestKit.Hub;
using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.Host;

/// <summary>Deployments from a hub that speaks the real protocol: the model comes, or the deployment says why not and what to do.</summary>
public sealed class HubDeployTests : IAsyncLifetime
{
    private readonly string _model = Path.Combine(Directory.CreateTempSubdirectory("rouse-model-").FullName, "tiny");
    private FakeHub _hub = null!;
    private TestServer _server = null!;

    public async Task InitializeAsync()
    {
        TinyDiffusionModel.Write(_model, seed: 1);
        _hub = await FakeHub.StartAsync(Repository("org/tiny"), Repository("org/gated", gated: true));
        _server = await TestServer.StartAsync(options => options with { HubEndpoint = _hub.Endpoint });
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        await _hub.DisposeAsync();
        Directory.Delete(Path.GetDirectoryName(_model)!, recursive: true);
    }

    [Fact]
    public async Task Model_IsDownloadedWithProgress_AndServes()
    {
        // Slow enough that there is something to tell before it is over.
        _hub.Script.BytesPerSecond = 100_000;
        var id = await _server.DeployAsync("""{"hf_model_id":"org/tiny","gpu_tier":"A10"}""");
        var events = await _server.ReadStreamAsync($"/v1/deployments/{id}/stream");
        var phases = events.Where(one => one.Name == "status").Select(one => one.Data.GetProperty("status").GetString()).ToList();
        Assert.Equal(["accepted_cold", "validating", "selecting_gpu", "creating_endpoint", "downloading_model", "loading_model", "warming", "ready"], phases);
        Assert.True((await _server.GetAsync(id)).ColdStart is { WeightsFrom: "hub", Bytes: > 0, DownloadingModelS: > 0 });
        Assert.Contains(events, one => one.Name == "progress" && one.Data.GetProperty("stage").GetString() == "download");
        var (status, job) = await _server.SendAsync(HttpMethod.Post, $"/v2/{id}/runsync", """{"input":{"prompt":"hills","num_inference_steps":2,"width":64,"height":64}}""");
        Assert.True(status == 200 && job.GetProperty("status").GetString() == "COMPLETED", job.ToString());
    }

    [Fact]
    public async Task GatedModel_WithItsToken_Serves_AndTheTokenIsNowhere()
    {
        var id = await _server.DeployAsync($$"""{"hf_model_id":"org/gated","hf_token":"{{FakeHub.Token}}"}""");
        var ended = await EndOfStartAsync(id);
        Assert.True(ended.Status == "ready", $"{ended.Status} {ended.Error}");
        foreach (var path in new[] { $"/v1/deployments/{id}", "/v1/deployments", "/metrics", "/v1/doctor" })
        {
            Assert.DoesNotContain(FakeHub.Token, await _server.Http.GetStringAsync(new Uri(path, UriKind.Relative)), StringComparison.Ordinal);
        }

        await _server.Host.DisposeAsync();
        foreach (var file in Directory.EnumerateFiles(_server.Folder, "*", SearchOption.AllDirectories))
        {
            Assert.DoesNotContain(FakeHub.Token, System.Text.Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file)), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("org/missing", "model_not_found")]
    [InlineData("org/gated", "model_gated")]
    public async Task ModelThatCannotBeHad_FailsWithItsCode_AndLeavesNothing(string model, string code)
    {
        var id = await _server.DeployAsync($$"""{"hf_model_id":"{{model}}"}""");
        await AssertFailedAsync(id, code);
    }

    [Fact]
    public async Task WrongBytes_FailWithTheirCode()
    {
        _hub.Script.WrongBodies = 1000;
        await AssertFailedAsync(await _server.DeployAsync("""{"hf_model_id":"org/tiny"}"""), "checksum_mismatch");
    }

    private async Task AssertFailedAsync(string id, string code)
    {
        var ended = await EndOfStartAsync(id);
        Assert.Equal(("failed", code), (ended.Status, ended.ErrorCode));
        Assert.NotEmpty(ended.Error!);
        await Eventually.TrueAsync(async () => (await _server.GetAsync(id)).ResourcesReleasedAt is not null);
        Assert.Equal(409, (await _server.SendAsync(HttpMethod.Post, $"/v2/{id}/run", """{"input":{"prompt":"x"}}""")).Status);
    }

    private async Task<DeploymentView> EndOfStartAsync(string id)
    {
        await _server.ReadStreamAsync($"/v1/deployments/{id}/stream");
        return await _server.GetAsync(id);
    }

    private FakeRepository Repository(string id, bool gated = false)
    {
        var repository = new FakeRepository(id) { IsGated = gated };
        foreach (var file in Directory.EnumerateFiles(_model, "*", SearchOption.AllDirectories))
        {
            repository.With(FakeFile.Of(Path.GetRelativePath(_model, file), File.ReadAllBytes(file)));
        }

        return repository;
    }
}
