using Rouse.Server.Tests.Runpod;
using Rouse.TestKit.Hub;

namespace Rouse.Server.Tests.Catalog;

/// <summary>The token that a deployment brought is the one its model is looked at with, and a wrong one buys no GPU.</summary>
public sealed class GatedDeployTests
{
    [Fact]
    public async Task TheDeploymentsOwnToken_OpensItsGatedModel()
    {
        await using var bench = await StartAsync();
        var id = await bench.Server.DeployAsync($$"""{"hf_model_id":"org/gated","hf_token":"{{FakeHub.Token}}"}""");
        Assert.Equal(4, (await bench.UntilAsync(id, view => view.BackendId is not null)).ModelVramGb);
        Assert.Contains(bench.Hub.Requests, request => request.Authorization == $"Bearer {FakeHub.Token}");
    }

    [Theory]
    [InlineData("")]
    [InlineData(""","hf_token":"hf_of_somebody_else" """)]
    public async Task WithoutIt_NothingIsBought(string more)
    {
        await using var bench = await StartAsync();
        var failed = await bench.FailsAsync(await bench.Server.DeployAsync($$"""{"hf_model_id":"org/gated"{{more}}}"""), "model_gated");
        Assert.DoesNotContain("hf_of_somebody_else", failed.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(bench.Runpod.Calls, call => call.Method == "POST" && call.Path == "/v2/serverless");
    }

    private static async Task<RunpodBench> StartAsync()
    {
        var bench = await RunpodBench.StartAsync();
        bench.Hub.Add(new FakeRepository("org/gated") { IsGated = true }.With(
            FakeFile.Of("model_index.json", """{"_class_name":"StableDiffusionPipeline"}"""u8.ToArray()),
            FakeFile.Of("text_encoder/model.onnx", [1]), FakeFile.Of("unet/model.onnx", [1]), FakeFile.Of("vae_decoder/model.onnx", [1])));
        return bench;
    }
}
