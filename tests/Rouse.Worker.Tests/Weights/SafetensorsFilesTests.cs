using Rouse.Worker.Weights;

namespace Rouse.Worker.Tests.Weights;

/// <summary>Which files of a repository are fetched: one variant of the weights, what describes them, nothing else.</summary>
public sealed class SafetensorsFilesTests
{
    private static readonly string[] s_described = ["model_index.json", "scheduler/scheduler_config.json", "tokenizer/vocab.json", "tokenizer/merges.txt", "unet/config.json"];

    [Fact]
    public void TheHalfVariant_IsTakenAlone_WhereEveryComponentHasIt()
    {
        Assert.Equal(
            [.. s_described, "text_encoder/model.fp16.safetensors", "unet/diffusion_pytorch_model.fp16.safetensors"],
            Select([
                .. s_described, "text_encoder/model.fp16.safetensors", "text_encoder/model.safetensors", "text_encoder/pytorch_model.bin",
                "unet/diffusion_pytorch_model.fp16.safetensors", "unet/diffusion_pytorch_model.safetensors", "unet/diffusion_pytorch_model.non_ema.safetensors",
                "sd_turbo.safetensors", "README.md", ".gitattributes", "picture.png", "unet/model.onnx", "unet/openvino_model.xml", "unet/diffusion_flax_model.msgpack",
                "vae_1_0/diffusion_pytorch_model.safetensors", "feature/deep/model.safetensors", "pipeline.py"]));
    }

    [Fact]
    public void ThePlainVariant_IsTaken_WhereOneComponentHasNoHalfOne() => Assert.Equal(
        [.. s_described, "text_encoder/model.safetensors", "unet/diffusion_pytorch_model.safetensors"],
        Select([.. s_described, "text_encoder/model.fp16.safetensors", "text_encoder/model.safetensors", "unet/diffusion_pytorch_model.safetensors"]));

    [Fact]
    public void WhereNoVariantIsWhole_EachComponentGivesWhatItHas() => Assert.Equal(
        [.. s_described, "text_encoder/model.fp16.safetensors", "unet/diffusion_pytorch_model.safetensors"],
        Select([.. s_described, "text_encoder/model.fp16.safetensors", "unet/diffusion_pytorch_model.safetensors"]));

    [Theory]
    [InlineData("diffusion_pytorch_model-00001-of-00002.safetensors", "diffusion_pytorch_model-00002-of-00002.safetensors", "diffusion_pytorch_model.safetensors.index.json")]
    [InlineData("diffusion_pytorch_model.fp16-00001-of-00002.safetensors", "diffusion_pytorch_model.fp16-00002-of-00002.safetensors", "diffusion_pytorch_model.safetensors.index.fp16.json")]
    [InlineData("diffusion_pytorch_model-00001-of-00002.fp16.safetensors", "diffusion_pytorch_model-00002-of-00002.fp16.safetensors", "diffusion_pytorch_model.fp16.safetensors.index.json")]
    public void Shards_ComeWithTheirList(string first, string second, string list) => Assert.Equal(
        [.. s_described, .. ((string[])[first, second, list]).Select(static name => "unet/" + name)],
        Select([.. s_described, .. ((string[])[first, second, list]).Select(static name => "unet/" + name)]));

    [Theory]
    [InlineData("diffusion_pytorch_model-00001-of-00002.safetensors", "diffusion_pytorch_model.safetensors.index.json")]
    [InlineData("diffusion_pytorch_model-00001-of-00002.safetensors", "diffusion_pytorch_model-00002-of-00002.safetensors")]
    [InlineData("diffusion_pytorch_model-00001-of-00001.safetensors", "config.json")]
    public void WhereAShardOrTheirListIsMissing_ThereAreNoWeights(string first, string second) =>
        Assert.Contains("holds no complete safetensors", Fault([.. s_described, "unet/" + first, "unet/" + second]), StringComparison.Ordinal);

    [Fact]
    public void WeightsThatAreOnlyPickled_AreNamedAndRefused()
    {
        var fault = Fault([.. s_described, "unet/diffusion_pytorch_model.safetensors", "vae/diffusion_pytorch_model.bin", "text_encoder/pytorch_model.bin"]);
        Assert.Contains("(vae/diffusion_pytorch_model.bin, text_encoder/pytorch_model.bin), which run code when loaded", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void APickledSafetyChecker_CanBeLeftOut()
    {
        string[] files = [.. s_described, "unet/diffusion_pytorch_model.safetensors", "safety_checker/pytorch_model.bin", "safety_checker/config.json"];
        Assert.Contains("leave the safety checker out (ROUSE_DIFFUSERS_SAFETY_CHECKER=0)", Fault(files), StringComparison.Ordinal);
        Assert.DoesNotContain(Select(files, keepsSafetyChecker: false), static path => path.StartsWith("safety_checker", StringComparison.Ordinal));
    }

    [Fact]
    public void ARepositoryThatIsNoPipeline_IsRefusedBeforeAnythingIsFetched() =>
        Assert.Contains("has no model_index.json", Fault(["config.json", "model.safetensors"]), StringComparison.Ordinal);

    [Fact]
    public void ASpeechModel_IsTakenFromTheRoot()
    {
        string[] files = ["config.json", "generation_config.json", "merges.txt", "model.fp16.safetensors", "model.safetensors", "normalizer.json", "pytorch_model.bin", "spiece.model", "onnx/model.onnx"];
        Assert.Equal(["config.json", "generation_config.json", "merges.txt", "model.fp16.safetensors", "normalizer.json", "spiece.model"], Select(files, isPipeline: false));
        Assert.Contains("only pickle weights for some of its parts (pytorch_model.bin)", Fault(["config.json", "pytorch_model.bin"], isPipeline: false), StringComparison.Ordinal);
    }

    private static List<string> Select(string[] paths, bool isPipeline = true, bool keepsSafetyChecker = true) =>
        [.. new SafetensorsFiles(isPipeline, keepsSafetyChecker).Select(Listing(paths)).Select(static file => file.Path)];

    private static string Fault(string[] paths, bool isPipeline = true)
    {
        var fault = Assert.Throws<WeightsException>(() => Select(paths, isPipeline));
        Assert.Equal("model_unusable", fault.Code);
        return fault.Message;
    }

    private static HubListing Listing(string[] paths) =>
        new(HubFixture.Model("org/name"), new string('a', 40), [.. paths.Select(static path => new HubFile(path, 10, new string('b', 40)))]);
}
