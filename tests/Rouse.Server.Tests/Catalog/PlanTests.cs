using System.Text.Json;
using Rouse.Contracts;
using Rouse.Contracts.Catalog;
using Rouse.FakeRunpod;
using Rouse.Server.Tests.Runpod;
using Rouse.TestKit.Hub;

namespace Rouse.Server.Tests.Catalog;

public sealed class PlanTests : IAsyncLifetime
{
    private RunpodBench _bench = null!;

    public async Task InitializeAsync()
    {
        _bench = await RunpodBench.StartAsync();
        _bench.Hub.Add(Export("org/large", 12_000_000_000));
        _bench.Hub.Add(Export("org/huge", 900_000_000_000));
        _bench.Hub.Add(new FakeRepository("org/pickled").With(FakeFile.Sized("unet/diffusion_pytorch_model.bin", 1000)));
    }

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [Fact]
    public async Task Plan_TellsEverything_AndCreatesNothing()
    {
        _bench.Runpod.SetBalance(12.5m);
        var plan = await PlanAsync(RunpodBench.Model);
        Assert.True(plan.Fits, plan.Error);
        Assert.Equal(("runpod", 40, 4), (plan.Provider, plan.Commit!.Length, plan.Need!.VramGb));
        Assert.Contains("GB of weights × 1.2", plan.Need.Basis, StringComparison.Ordinal);
        Assert.Equal(plan.Offers.Select(offer => offer.PricePerHourUsd).Order(), plan.Offers.Select(offer => offer.PricePerHourUsd));
        Assert.All(plan.Offers, offer =>
        {
            Assert.NotEqual("none", offer.Stock);
            Assert.Equal(("prior", 0, 5.0), (offer.ImagesBasis, offer.MeasuredJobs, offer.SecondsPerImage));
            Assert.Equal((double)offer.PricePerHourUsd / 3600 * 5 * 1000, (double)offer.PricePer1000ImagesUsd, precision: 2);
        });
        Assert.Equal(new ColdStart(180, "prior"), plan.ColdStart);
        Assert.Equal(new AccountBalance(12.5m, 0), plan.Balance);

        Assert.DoesNotContain(_bench.Runpod.Calls, call => call.Method is not "GET" && call.Path.StartsWith("/v2", StringComparison.Ordinal));
        Assert.Equal(0, (await _bench.Server.SendAsync(HttpMethod.Get, "/v1/deployments")).Body.GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task ALargeModel_IsOfferedLargeGpusOnly()
    {
        var plan = await PlanAsync("org/large");
        Assert.Equal(33, plan.Need!.VramGb);
        Assert.NotEmpty(plan.Offers);
        Assert.All(plan.Offers, offer => Assert.True(offer.VramGb >= 33));
    }

    [Theory]
    [InlineData("org/large", ""","gpu_tier":"A10" """, "gpu_tier_unmet", false)]
    [InlineData("org/huge", "", "model_too_large", false)]
    [InlineData("org/pickled", "", "model_unusable", false)]
    [InlineData("org/none", "", "model_not_found", false)]
    public async Task WhatSpeaksAgainstIt_IsTold_WithItsCode(string model, string more, string code, bool retryable)
    {
        var plan = await PlanAsync(model, more);
        Assert.Equal((false, code, retryable), (plan.Fits, plan.ErrorCode, plan.Retryable));
        Assert.NotEmpty(plan.Error!);
        Assert.Empty(plan.Offers);
    }

    [Fact]
    public async Task AFallbackOutsideTheTier_IsPlannedOnlyForWhoAskedForIt() =>
        Assert.True((await PlanAsync("org/large", ""","gpu_tier":"A10","allow_gpu_fallback":true""")).Fits);

    [Fact]
    public async Task NoStock_MayPass()
    {
        _bench.Runpod.SetStock("ADA_32_PRO", stock => stock.Level = "NONE");
        var plan = await PlanAsync(RunpodBench.Model, ""","gpu_tier":"5090" """);
        Assert.Equal((false, "no_capacity", true), (plan.Fits, plan.ErrorCode, plan.Retryable));
    }

    [Fact]
    public async Task ARevokedKey_IsTold_AndSoIsAProviderThatIsDown()
    {
        _bench.Runpod.RevokeKey(FakeRunpodServer.Key);
        var refused = await PlanAsync(RunpodBench.Model);
        Assert.Equal((false, "provider_unauthorized", false), (refused.Fits, refused.ErrorCode, refused.Retryable));
        await _bench.Runpod.DownAsync();
        var down = await PlanAsync(RunpodBench.Model, ""","user_runpod_key":"rpa_another_key_of_mine" """);
        Assert.Equal((false, true), (down.Fits, down.Retryable));
        Assert.Null(down.Balance);
        Assert.DoesNotContain("rpa_", down.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnInvalidBody_IsRefusedAsByTheDeployment()
    {
        var (status, body) = await _bench.Server.SendAsync(HttpMethod.Post, "/v1/plan", """{"hf_model_id":"org/tiny","gpu_tier":"X"}""");
        Assert.Equal((400, "INVALID_DEPLOYMENT_REQUEST"), (status, body.GetProperty("code").GetString()));
    }

    [Fact]
    public async Task WhatRanHere_IsMeasured_AndNoPriorAnyMore()
    {
        var id = await _bench.DeployAsync(""","provider":"local" """);
        await _bench.UntilAsync(id, "ready");
        for (var i = 0; i < 2; i++)
        {
            var (_, job) = await _bench.Server.SendAsync(HttpMethod.Post, $"/v2/{id}/runsync", """{"input":{"prompt":"hills","num_inference_steps":1,"width":64,"height":64}}""");
            Assert.Equal("COMPLETED", job.GetProperty("status").GetString());
        }

        var plan = await PlanAsync(RunpodBench.Model, ""","provider":"local" """);
        var offer = Assert.Single(plan.Offers);
        Assert.Equal(("cpu", "measured", 2, 0m), (offer.Hardware, offer.ImagesBasis, offer.MeasuredJobs, offer.PricePer1000ImagesUsd));
        Assert.Equal("model", plan.ColdStart.Basis);
        Assert.Null(plan.Balance);
        // On other hardware nothing was measured.
        Assert.All((await PlanAsync(RunpodBench.Model)).Offers, other => Assert.Equal("prior", other.ImagesBasis));
    }

    private async Task<PlanReply> PlanAsync(string model, string more = "")
    {
        var (status, body) = await _bench.Server.SendAsync(HttpMethod.Post, "/v1/plan", $$"""{"hf_model_id":"{{model}}"{{more}}}""");
        Assert.True(status == 200, body.ToString());
        return body.Deserialize(RouseJson.Default.PlanReply)!;
    }

    /// <summary>An export of the worker's own layout, of a size that only its listing has.</summary>
    private static FakeRepository Export(string id, long parameters) => new FakeRepository(id).With(
        FakeFile.Of("model_index.json", """{"_class_name":"StableDiffusionPipeline"}"""u8.ToArray()),
        FakeFile.Of("text_encoder/model.onnx", [1]),
        FakeFile.Safetensors("unet/model.onnx", new Dictionary<string, long>(StringComparer.Ordinal) { ["F16"] = parameters }, bytesPerParameter: 2),
        FakeFile.Of("vae_decoder/model.onnx", [1]));
}
