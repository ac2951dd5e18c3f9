using Rouse.Cli.Tests.Fakes;

namespace Rouse.Cli.Tests;

/// <summary>plan, gpus, models: what is looked at before anything costs money.</summary>
public sealed class CatalogTests
{
    [Fact]
    public async Task Plan_ShowsNeedStartAndOffers_AndSendsWhatUpWouldSend()
    {
        await using var api = await FakeApi.StartAsync();
        using var cli = new Cli(api);
        var ended = await cli.RunAsync("plan", "org/name", "--gpu-tier", "A10", "--max", "2");
        Assert.Equal(ExitCode.Ok, ended.Exit);
        Golden.Assert("plan.txt", ended.Out);
        var asked = Assert.Single(api.Asked);
        Assert.Equal("POST /v1/plan", $"{asked.Method} {asked.Path}");
        Assert.Equal("""{"hf_model_id":"org/name","name":"name","gpu_tier":"A10","workers":{"max":2}}""", string.Concat(asked.Body.Where(c => !char.IsWhiteSpace(c))));
    }

    [Fact]
    public async Task Plan_ThatDoesNotFit_SaysWhyAndEndsWith1()
    {
        await using var api = await FakeApi.StartAsync();
        api.Catalog.Plan = api.Catalog.Plan with { Fits = false, ErrorCode = "model_gated", Error = "org/name is gated.", Retryable = false, Offers = [], Need = null };
        using var cli = new Cli(api);
        var ended = await cli.RunAsync("plan", "org/name");
        Assert.Equal(ExitCode.Failed, ended.Exit);
        Assert.Contains("org/name is gated. [model_gated]", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Plan_Quiet_IsTheFirstOffer_AndJsonIsWhole()
    {
        await using var api = await FakeApi.StartAsync();
        using var quiet = new Cli(api);
        Assert.Equal("AMPERE_16\n", (await quiet.RunAsync("plan", "org/name", "-q")).Out);
        using var json = new Cli(api);
        Assert.Contains("\"price_per_1000_images_usd\": 0.6767", (await json.RunAsync("plan", "org/name", "-o", "json")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gpus_ShowsOffers_AndNamesWhoDidNotAnswer()
    {
        await using var api = await FakeApi.StartAsync();
        using var cli = new Cli(api);
        var ended = await cli.RunAsync("gpus", "--region", "EU");
        Assert.Equal((ExitCode.Ok, "runpod-pods: It does not answer.\n"), (ended.Exit, ended.Error));
        Golden.Assert("gpus.txt", ended.Out);
        Assert.Equal("/v1/gpus?region=EU", Assert.Single(api.Asked).Path);
    }

    [Fact]
    public async Task Models_ShowsWhatWasFound()
    {
        await using var api = await FakeApi.StartAsync();
        using var cli = new Cli(api);
        var ended = await cli.RunAsync("models", "sd turbo", "--task", "text2img");
        Golden.Assert("models.txt", ended.Out);
        Assert.Equal("/v1/models/search?q=sd%20turbo&task=text2img&limit=20", Assert.Single(api.Asked).Path);
    }
}
