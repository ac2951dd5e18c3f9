using System.Text.Json;
using Rouse.Worker.Engines;
using Rouse.Worker.Engines.A1111;

namespace Rouse.Worker.Tests.Engines.A1111;

/// <summary>A worker that was given a model serves that model, whatever the WebUI was left at.</summary>
public sealed class OwnCheckpointTests : IDisposable
{
    private const string Linked = "org--name-weights.safetensors";

    private readonly string _root = Directory.CreateTempSubdirectory("rouse-own-").FullName;

    private string Model => Path.Combine(_root, "model");

    private string Checkpoints => Path.Combine(_root, "checkpoints");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task Jobs_ThatNameNoCheckpoint_AreDrawnWithTheWorkersOwn()
    {
        await using var bridge = await StartAsync();
        await bridge.OutputAsync("""{"prompt":"a fox","override_settings":{"eta_noise_seed_delta":1}}""");
        Assert.Equal("""{"prompt":"a fox","override_settings":{"eta_noise_seed_delta":1,"sd_model_checkpoint":"org--name-weights.safetensors"}}""", bridge.SentTo("txt2img"));
        Assert.Equal(Path.Combine(Model, "weights.safetensors"), new FileInfo(Path.Combine(Checkpoints, Linked)).LinkTarget);
    }

    [Fact]
    public async Task Jobs_ThatNameOne_GetIt_AndWhatDrawsNothingIsLeftAlone()
    {
        await using var bridge = await StartAsync();
        await bridge.OutputAsync("""{"prompt":"a fox","override_settings":{"sd_model_checkpoint":"other"}}""");
        Assert.Equal("""{"prompt":"a fox","override_settings":{"sd_model_checkpoint":"other"}}""", bridge.SentTo("txt2img"));
        await bridge.OutputAsync("""{"image":"aGk=","upscaling_resize":2}""");
        Assert.Equal("""{"image":"aGk=","upscaling_resize":2}""", bridge.SentTo("extra-single-image"));
    }

    [Fact]
    public async Task WarmUp_LoadsIt_BeforeTheFirstJob()
    {
        await using var bridge = await StartAsync();
        await bridge.Engine.WarmUpAsync(CancellationToken.None);
        var sent = JsonElement.Parse(bridge.SentTo("txt2img"));
        Assert.Equal(Linked, sent.GetProperty("override_settings").GetProperty("sd_model_checkpoint").GetString());
    }

    [Fact]
    public async Task AWebUi_ThatDoesNotListIt_IsNotServedFrom()
    {
        var fault = await Assert.ThrowsAsync<EngineException>(() => StartAsync(isListed: false));
        Assert.Equal(EngineFault.ModelUnusable, fault.Code);
        Assert.Equal($"The WebUI does not list {Linked}, so it would draw without it. Start it with its folder being {Checkpoints}.", fault.Message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void AModel_ThatIsNotOneCheckpoint_IsRefused(int files)
    {
        Directory.CreateDirectory(Model);
        for (var i = 0; i < files; i++) File.WriteAllBytes(Path.Combine(Model, $"{i}.safetensors"), [1]);
        var fault = Assert.Throws<EngineException>(() => OwnCheckpoint.Link(Model, "org/name", Checkpoints));
        Assert.Equal(EngineFault.ModelUnusable, fault.Code);
        Assert.Contains($"holds {files} checkpoints", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnotherContent_UnderTheSameName_TakesTheLinkOver()
    {
        Write("weights.safetensors");
        OwnCheckpoint.Link(Model, "org/name", Checkpoints);
        Directory.CreateDirectory(Path.Combine(_root, "moved"));
        File.Move(Path.Combine(Model, "weights.safetensors"), Path.Combine(_root, "moved", "weights.safetensors"));
        var again = OwnCheckpoint.Link(Path.Combine(_root, "moved"), "org/name", Checkpoints);
        Assert.Equal(Path.Combine(_root, "moved", "weights.safetensors"), new FileInfo(again.Path).LinkTarget);
        Assert.Single(Directory.GetFiles(Checkpoints));
    }

    private void Write(string name)
    {
        Directory.CreateDirectory(Model);
        File.WriteAllBytes(Path.Combine(Model, name), [1]);
    }

    private Task<Bridge> StartAsync(bool isListed = true)
    {
        Write("weights.safetensors");
        return Bridge.StartAsync(model: Model, checkpoints: Checkpoints, prepare: webui =>
        {
            if (isListed) webui.Listed.Add(Path.Combine(Checkpoints, Linked));
        });
    }
}
