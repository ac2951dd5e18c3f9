using Rouse.Core.Deployments;
using Rouse.Core.Hardware;
using Rouse.Core.Models;
using Rouse.Core.Tenancy;
using Rouse.Server.Hub;
using Rouse.TestKit.Hub;

namespace Rouse.Server.Tests.Hub;

public sealed class InspectionTests
{
    [Fact]
    public async Task APipeline_IsSizedFromItsHeaders_WithoutFetchingIt()
    {
        await using var bench = await HubBench.StartAsync();
        var facts = (await bench.InspectAsync("org/wide")).Facts!;
        Assert.Equal(("StableDiffusionPipeline", "text-to-image", false), (facts.Pipeline, facts.PipelineTag, facts.IsGated));
        Assert.Equal(40, facts.Commit.Length);
        Assert.Equal(["unet/diffusion_pytorch_model.safetensors", "vae/diffusion_pytorch_model.safetensors"], facts.Weights.Select(file => file.Path));
        Assert.Equal(2_100_000_000, facts.Parameters["F32"]);
        Assert.Equal(4_200_000_000, VramEstimate.From(facts).WeightBytes);
        Assert.True(facts.TotalBytes > 44_000_000_000);
        Assert.True(bench.Hub.BytesSent < 2_000_000, $"{bench.Hub.BytesSent} bytes were sent");
    }

    [Fact]
    public async Task CountsOfTheListing_AreTaken_WhereTheyAreThoseOfTheWeights()
    {
        await using var bench = await HubBench.StartAsync();
        var facts = (await bench.InspectAsync("org/counted")).Facts!;
        Assert.Equal(1_000_000_000, facts.Parameters["F32"]);
        Assert.Single(bench.Hub.Requests);
    }

    [Fact]
    public async Task AHeaderThatIsNone_LeavesTheFilesSize()
    {
        await using var bench = await HubBench.StartAsync();
        var facts = (await bench.InspectAsync("org/odd")).Facts!;
        Assert.Empty(facts.Parameters);
        Assert.Equal(1_000_000, VramEstimate.From(facts).WeightBytes);
    }

    [Fact]
    public async Task AHeaderThatAccountsForFewOfTheBytes_IsNotBelieved()
    {
        await using var bench = await HubBench.StartAsync();
        bench.Hub.Add(new FakeRepository("org/lies").With(FakeFile.Safetensors(
            "model.safetensors", new Dictionary<string, long>(StringComparer.Ordinal) { ["F32"] = 1_000_000 }, bytesPerParameter: 4000)));
        var facts = (await bench.InspectAsync("org/lies")).Facts!;
        Assert.True(VramEstimate.From(facts).WeightBytes >= 4_000_000_000);
    }

    [Theory]
    [InlineData("org/none", null, FailureCodes.ModelNotFound)]
    [InlineData("org/wide@v9", null, FailureCodes.ModelNotFound)]
    [InlineData("org/private", null, FailureCodes.ModelNotFound)]
    [InlineData("org/private", "hf_of_a_stranger", FailureCodes.ModelGated)]
    [InlineData("org/none", FakeHub.Token, FailureCodes.ModelNotFound)]
    [InlineData("org/gated", null, FailureCodes.ModelGated)]
    [InlineData("org/gated", "hf_of_a_stranger", FailureCodes.ModelGated)]
    [InlineData("org/broken", null, FailureCodes.ModelUnusable)]
    public async Task EachFault_HasItsCode_AndSaysWhatToDo(string id, string? token, string code)
    {
        await using var bench = await HubBench.StartAsync();
        var fault = (await bench.InspectAsync(id, token is null ? null : new Secret(token))).Fault!;
        Assert.Equal((code, false), (fault.Cause.Code, fault.IsRetryable));
        Assert.Contains("org/", fault.Cause.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hf_of", fault.Cause.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("org/gated")]
    [InlineData("org/private")]
    public async Task TheRightToken_Opens(string id)
    {
        await using var bench = await HubBench.StartAsync();
        Assert.NotNull((await bench.InspectAsync(id, HubBench.Token)).Facts);
    }

    [Fact]
    public async Task PicklesOnly_AreKnownBeforeSpending()
    {
        await using var bench = await HubBench.StartAsync();
        var facts = (await bench.InspectAsync("org/pickled")).Facts!;
        Assert.True(facts.Has(WeightFormat.Pickle));
        Assert.Equal(FailureCodes.ModelUnusable, FormatPolicy.Diffusers.Judge(facts, ModelTask.TextToImage)?.Code);
    }

    [Fact]
    public async Task TheToken_GoesToTheHubAlone()
    {
        await using var bench = await HubBench.StartAsync();
        await bench.InspectAsync("org/gated", HubBench.Token);
        Assert.Contains(bench.Hub.Requests, request => request.IsContentNetwork);
        Assert.All(bench.Hub.Requests, request => Assert.Equal(request.IsContentNetwork ? null : $"Bearer {FakeHub.Token}", request.Authorization));

        bench.Hub.Script.ListsMovedTo = new Uri(bench.Hub.ContentEndpoint + "/elsewhere");
        await bench.InspectAsync("org/wide", HubBench.Token);
        Assert.Contains(bench.Hub.Requests, request => request is { IsContentNetwork: true, Path: "/elsewhere", Authorization: null });
    }

    [Fact]
    public async Task ARevision_IsAskedFor_AndPinned()
    {
        await using var bench = await HubBench.StartAsync();
        var commit = (await bench.InspectAsync("org/wide")).Facts!.Commit;
        Assert.Equal(commit, (await bench.InspectAsync($"org/wide@{commit}")).Facts?.Commit);
    }
}
