using Rouse.Worker.Engines;
using Rouse.Worker.Engines.A1111;
using Rouse.Worker.ModelFiles;
using Rouse.Worker.Tests.Support;

namespace Rouse.Worker.Tests.Engines.A1111;

/// <summary>Jobs that bring their model files along.</summary>
public sealed class ModelFileTests
{
    private const string WithCheckpoint = """{"prompt":"a","checkpoint":{"name":"ink","url":"https://files.example/ink","hash":""}}""";
    private const string WithLora = """{"prompt":"a","loras":[{"name":"detail","url":"https://files.example/detail","scale":0.8}]}""";

    [Fact]
    public async Task Checkpoint_ThatWasFetched_IsListedAfterThreeSeconds_AndDrawnWith()
    {
        var time = new SkippingTime();
        await using var bridge = await Bridge.StartAsync(time);
        Fetches(bridge, "/models/checkpoints/ink.safetensors");
        await bridge.OutputAsync(WithCheckpoint);
        Assert.Equal(new WantedFile(ModelFileKind.Checkpoint, "ink", "https://files.example/ink", null), Assert.Single(bridge.Wanted));
        Assert.Equal("""{"prompt":"a","override_settings":{"sd_model_checkpoint":"ink.safetensors"}}""", bridge.SentTo("txt2img"));
        Assert.Single(bridge.WebUi.Of("POST", "refresh-checkpoints"));
        Assert.Empty(bridge.WebUi.Of("POST", "refresh-loras"));
        Assert.Equal([ModelPlacement.RegistryWait.TotalSeconds], time.Skipped);
    }

    [Fact]
    public async Task Lora_ThatWasThereBefore_CostsNoWait()
    {
        var time = new SkippingTime();
        await using var bridge = await Bridge.StartAsync(time);
        bridge.WebUi.Listed.Add("/models/loras/detail.safetensors");
        bridge.Library = static wanted => new InstalledFile(wanted.Kind, "detail.safetensors", "/models/loras/detail.safetensors", WasFetched: false);
        await bridge.OutputAsync(WithLora);
        Assert.Equal("""{"prompt":"\u003Clora:detail:0.8\u003E a"}""", bridge.SentTo("txt2img"));
        Assert.Empty(time.Skipped);
        Assert.Empty(bridge.WebUi.Of("POST", "refresh-loras"));
    }

    [Theory]
    [InlineData(WithCheckpoint, "/models/checkpoints/ink.safetensors", "refresh-checkpoints")]
    [InlineData(WithLora, "/models/loras/detail.safetensors", "refresh-loras")]
    public async Task File_ThatTheWebUiDoesNotList_IsRefused_RatherThanDrawnWithout(string input, string path, string refresh)
    {
        await using var bridge = await Bridge.StartAsync(new SkippingTime());
        bridge.Library = wanted => new InstalledFile(wanted.Kind, Path.GetFileName(path), path, WasFetched: false);
        Assert.Equal(
            $"model_unusable: The WebUI does not list {Path.GetFileName(path)}, so it would draw without it. Start it with its folder being {Path.GetDirectoryName(path)}.",
            await bridge.RefusalAsync(input));
        Assert.Single(bridge.WebUi.Of("POST", refresh));
        Assert.Empty(bridge.WebUi.Of("POST", "txt2img"));
    }

    [Fact]
    public async Task WebUi_ThatAnswers404AfterADownload_IsWaitedFor_AndDraws()
    {
        var time = new SkippingTime();
        await using var bridge = await Bridge.StartAsync(time);
        Fetches(bridge, "/models/checkpoints/ink.safetensors");
        bridge.WebUi.Script.MissingRoutesAfterRefresh = 2;
        Assert.Contains("images", await bridge.OutputAsync(WithCheckpoint), StringComparison.Ordinal);
        Assert.Equal([3, 5, 5], time.Skipped);
        Assert.Contains("The WebUI had no route txt2img; look 1 of 3: the route is not there (HTTP 404).", bridge.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WebUi_ThatIsNotWellAfterADownload_IsWarnedOf_AndTheJobGoesOn()
    {
        await using var bridge = await Bridge.StartAsync(new SkippingTime());
        Fetches(bridge, "/models/checkpoints/ink.safetensors");
        bridge.WebUi.Script.HealthStatus = 500;
        Assert.Contains("images", await bridge.OutputAsync(WithCheckpoint), StringComparison.Ordinal);
        Assert.Contains("After new model files the WebUI does not answer as it should (HTTP 500); the job goes on.", bridge.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task File_ThatCannotBeHad_FailsTheJobWithTheLibrarysWords()
    {
        await using var bridge = await Bridge.StartAsync();
        bridge.Library = static _ => throw new ModelFileException("checksum_wrong", "ink is not what was asked for.");
        Assert.Equal("checksum_wrong: ink is not what was asked for.", await bridge.RefusalAsync(WithCheckpoint));
        Assert.Empty(bridge.WebUi.Of("POST", "txt2img"));
    }

    [Fact]
    public async Task Download_IsToldAsProgress_InMiB()
    {
        await using var bridge = await Bridge.StartAsync();
        bridge.WebUi.Listed.Add("/models/checkpoints/ink");
        var told = new List<EngineProgress>();
        await bridge.RunAsync(WithCheckpoint, progress: told.Add);
        Assert.Equal(new EngineProgress(EngineProgress.Downloading, 1, 2), Assert.Single(told));
    }

    [Fact]
    public async Task Library_IsCleanedUpAtTheStart()
    {
        await using var bridge = await Bridge.StartAsync();
        await Deadline.UntilAsync(() => bridge.CleanUps == 1);
    }

    private static void Fetches(Bridge bridge, string path) => bridge.Library = wanted =>
    {
        bridge.WebUi.Files.Add(path);
        return new InstalledFile(wanted.Kind, Path.GetFileName(path), path, WasFetched: true);
    };
}
