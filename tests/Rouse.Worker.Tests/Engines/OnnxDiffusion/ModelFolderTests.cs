using System.Text.Json.Nodes;
using Rouse.Onnx.Samples.TinyDiffusion;
using Rouse.Worker.Engines;
using Rouse.Worker.Engines.OnnxDiffusion;

namespace Rouse.Worker.Tests.Engines.OnnxDiffusion;

public sealed class ModelFolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rouse-folder-").FullName;

    public ModelFolderTests() => TinyDiffusionModel.Write(_folder, seed: 1);

    public void Dispose()
    {
        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("model_index.json")]
    [InlineData("unet/model.onnx")]
    [InlineData("unet/config.json")]
    [InlineData("text_encoder/model.onnx")]
    [InlineData("vae_decoder/model.onnx")]
    [InlineData("vae_decoder/config.json")]
    [InlineData("tokenizer/vocab.json")]
    [InlineData("tokenizer/merges.txt")]
    [InlineData("scheduler/scheduler_config.json")]
    public async Task Load_WhenAPartIsMissing_NamesItAndSaysHowToMakeIt(string part)
    {
        File.Delete(PathOf(part));
        await RefusesAsync(part, "is missing", "optimum-cli export onnx");
    }

    [Theory]
    [InlineData("unet/diffusion_pytorch_model.bin")]
    [InlineData("v1-5-pruned.ckpt")]
    [InlineData("weights.PT")]
    [InlineData("model.pkl")]
    public async Task Load_WhenAPickleStandsInForAPart_NamesItAndNeverOpensIt(string pickle)
    {
        File.Delete(PathOf("unet/model.onnx"));
        File.WriteAllText(PathOf(pickle), "would run code");
        await RefusesAsync(pickle, "pickle", "never opens", "Export");
    }

    [Fact]
    public async Task Load_WhenAPickleLiesBesideACompleteModel_LoadsTheModel()
    {
        File.WriteAllText(PathOf("unet/diffusion_pytorch_model.bin"), "would run code");
        await using var engine = Engine();
        await engine.LoadAsync(_folder, _ => { }, CancellationToken.None);
    }

    [Fact]
    public async Task Load_ARepositoryOfPyTorchWeights_SaysToExportIt()
    {
        File.Move(PathOf("unet/model.onnx"), PathOf("unet/diffusion_pytorch_model.safetensors"));
        await RefusesAsync("unet/diffusion_pytorch_model.safetensors", "PyTorch weights", "Export it to ONNX");
    }

    [Fact]
    public async Task Load_StableDiffusionXl_IsRefusedByName()
    {
        Edit("model_index.json", index => index["_class_name"] = "StableDiffusionXLPipeline");
        await RefusesAsync("StableDiffusionXLPipeline", "two text encoders", "Stable Diffusion 1 or 2");
        Edit("model_index.json", index =>
        {
            index["_class_name"] = "ORTStableDiffusionPipeline";
            index["text_encoder_2"] = new JsonArray("optimum", "ORTModelTextEncoder");
        });
        await RefusesAsync("two text encoders");
    }

    [Theory]
    [InlineData("FluxPipeline")]
    [InlineData("")]
    public async Task Load_AnotherPipeline_IsRefusedByName(string name)
    {
        Edit("model_index.json", index => index["_class_name"] = name);
        await RefusesAsync($"'{name}'", "not one this engine runs", "Deploy an ONNX export");
    }

    [Theory]
    [InlineData("scheduler/scheduler_config.json", "_class_name", "\"FlowMatchEulerDiscreteScheduler\"", "FlowMatch")]
    [InlineData("scheduler/scheduler_config.json", "prediction_type", "\"flow\"", "v_prediction")]
    [InlineData("scheduler/scheduler_config.json", "beta_schedule", "\"exotic\"", "scaled_linear")]
    [InlineData("scheduler/scheduler_config.json", "beta_end", "1.5", "between 0 and 1")]
    [InlineData("scheduler/scheduler_config.json", "num_train_timesteps", "-5", "0 to 100000")]
    [InlineData("scheduler/scheduler_config.json", "timestep_spacing", "\"sideways\"", "trailing")]
    [InlineData("scheduler/scheduler_config.json", "steps_offset", "\"1\"", "Number")]
    [InlineData("vae_decoder/config.json", "scaling_factor", "0", "more than 0")]
    [InlineData("vae_decoder/config.json", "latent_channels", "8", "4 channels")]
    [InlineData("vae_decoder/config.json", "block_out_channels", "[1,1,1,1,1,1,1,1,1]", "1 to 6")]
    [InlineData("unet/config.json", "sample_size", "99999", "0 to 2048")]
    [InlineData("tokenizer/tokenizer_config.json", "pad_token", "\"<pad>\"", "<pad>")]
    [InlineData("tokenizer/vocab.json", "a</w>", "\"zero\"", "a number")]
    public async Task Load_WhenASettingIsUnusable_NamesItAndWhatItMayBe(string file, string member, string value, string expected)
    {
        Edit(file, settings => settings[member] = JsonNode.Parse(value));
        await RefusesAsync(expected);
    }

    [Theory]
    [InlineData("model_index.json", "not valid JSON")]
    [InlineData("tokenizer/merges.txt", "not a pair")]
    [InlineData("unet/model.onnx", "could not be loaded")]
    public async Task Load_WhenAFileIsDamaged_NamesIt(string file, string expected)
    {
        File.WriteAllText(PathOf(file), "damaged!");
        await RefusesAsync(file, expected);
    }

    [Fact]
    public async Task Load_WhenAModelIsOfAnotherTask_NamesTheInputItLacks()
    {
        File.Copy(PathOf("vae_decoder/model.onnx"), PathOf("unet/model.onnx"), overwrite: true);
        await RefusesAsync("unet/model.onnx", "no input 'sample'");
    }

    [Fact]
    public async Task Load_WhenTheFolderIsAbsent_SaysSo()
    {
        Directory.Delete(_folder, recursive: true);
        await RefusesAsync(_folder, "does not exist");
    }

    [Fact]
    public async Task Load_WhenCancelled_Stops()
    {
        await using var engine = Engine();
        using var cancel = new CancellationTokenSource();
        var load = engine.LoadAsync(_folder, _ => cancel.Cancel(), cancel.Token).AsTask();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => load);
    }

    private static OnnxDiffusionEngine Engine() => new("tiny/model", threads: 1, _ => 0, memory: 1L << 30);

    private string PathOf(string name) => Path.Combine(_folder, name);

    private void Edit(string name, Action<JsonObject> edit)
    {
        var content = JsonNode.Parse(File.ReadAllText(PathOf(name)))!.AsObject();
        edit(content);
        File.WriteAllText(PathOf(name), content.ToJsonString());
    }

    private async Task RefusesAsync(params string[] words)
    {
        await using var engine = Engine();
        var error = await Assert.ThrowsAsync<EngineException>(() => engine.LoadAsync(_folder, _ => { }, CancellationToken.None).AsTask());
        Assert.Equal("model_unusable", error.Code);
        Assert.All(words, word => Assert.Contains(word, error.Message, StringComparison.Ordinal));
        Assert.EndsWith(".", error.Message, StringComparison.Ordinal);
    }
}
