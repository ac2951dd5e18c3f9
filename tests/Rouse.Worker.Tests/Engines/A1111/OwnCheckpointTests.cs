using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Rouse.Worker.Engines;
using Rouse.Worker.Engines.A1111;

namespace Rouse.Worker.Tests.Engines.A1111;

/// <summary>A worker that was given a model serves that model, whatever the WebUI was left at.</summary>
public sealed class OwnCheckpointTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("rouse-own-").FullName;

    private string Model => Path.Combine(_root, "model");

    /// <summary>In no cache, so called by its place.</summary>
    private string Linked => $"org--name-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Path.Combine(Model, "weights.safetensors"))))[..10]}.safetensors";

    private string Checkpoints => Path.Combine(_root, "checkpoints");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task Jobs_ThatNameNoCheckpoint_AreDrawnWithTheWorkersOwn()
    {
        await using var bridge = await StartAsync();
        await bridge.OutputAsync("""{"prompt":"a fox","override_settings":{"eta_noise_seed_delta":1}}""");
        Assert.Equal($$$"""{"prompt":"a fox","override_settings":{"eta_noise_seed_delta":1,"sd_model_checkpoint":"{{{Linked}}}"}}""", bridge.SentTo("txt2img"));
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
    public void Folders_ThatAreCalledTheSame_HaveALinkEach()
    {
        Write("weights.safetensors");
        var other = Directory.CreateDirectory(Path.Combine(_root, "other", "model")).FullName;
        File.WriteAllBytes(Path.Combine(other, "weights.safetensors"), [2]);
        var (first, second) = (OwnCheckpoint.Link(Model, "model", Checkpoints), OwnCheckpoint.Link(other, "model", Checkpoints));
        Assert.Equal([1], File.ReadAllBytes(first.Path));
        Assert.Equal([2], File.ReadAllBytes(second.Path));
    }

    [Fact]
    public void TheSameContent_InAnotherCache_TakesTheLinkOver()
    {
        var content = new string('a', 60) + "0123";
        var (first, again) = (OwnCheckpoint.Link(Cached("one", content), "org/name", Checkpoints), OwnCheckpoint.Link(Cached("two", content), "org/name", Checkpoints));
        Assert.Equal(("org--name-aaaaaaaaaa.safetensors", first.Path), (again.Name, again.Path));
        Assert.Equal(Path.Combine(_root, "two", content), new FileInfo(again.Path).LinkTarget);
    }

    /// <summary>A folder as caches have it: the file's name is a link to its content.</summary>
    private string Cached(string cache, string content)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_root, cache, "snapshot")).FullName;
        File.WriteAllBytes(Path.Combine(_root, cache, content), [1]);
        File.CreateSymbolicLink(Path.Combine(folder, "weights.safetensors"), Path.Combine("..", content));
        return folder;
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
