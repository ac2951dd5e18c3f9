using Rouse.Core.Deployments;
using Rouse.Core.Models;

namespace Rouse.Core.Tests.Models;

public sealed class FormatPolicyTests
{
    private static readonly string[] s_export =
    [
        "model_index.json", "text_encoder/model.onnx", "unet/model.onnx", "unet/model.onnx_data", "unet/model_fp16.onnx", "vae_decoder/model.onnx",
        "vae_encoder/model.onnx",
    ];

    [Theory]
    [InlineData("sd-turbo")]
    [InlineData("sdxl")]
    [InlineData("FLUX.1-schnell")]
    [InlineData("sd3.5-large")]
    public void Diffusers_ServesWellKnownPipelines(string name) => Assert.Null(FormatPolicy.Diffusers.Judge(KnownRepositories.Of(name), ModelTask.TextToImage));

    [Fact]
    public void Onnx_ServesAnExport_AndLoadsNothingTwice()
    {
        var facts = Choose(FormatPolicy.OnnxDiffusion, KnownRepositories.Facts("org/tiny", s_export), "unet", "vae", "text_encoder");
        Assert.Null(FormatPolicy.OnnxDiffusion.Judge(facts, ModelTask.TextToImage));
        Assert.Equal(["text_encoder/model.onnx", "unet/model.onnx", "unet/model.onnx_data", "vae_decoder/model.onnx"], facts.Weights.Select(file => file.Path));
    }

    [Theory]
    [InlineData(ModelTask.ImageToImage)]
    [InlineData(ModelTask.TextToVideo)]
    public void ATaskThatTheWorkerDoesNotServe_IsRefusedBeforeSpending(ModelTask task) =>
        AssertUnusable(FormatPolicy.Diffusers.Judge(KnownRepositories.SdTurbo, task), task.ToString());

    [Fact]
    public void AModelOfAnotherTask_IsRefused() => AssertUnusable(
        FormatPolicy.Diffusers.Judge(KnownRepositories.SdTurbo with { PipelineTag = "text-generation" }, ModelTask.TextToImage), "text-generation");

    [Fact]
    public void PicklesOnly_AreRefused_WithAWayToConvert()
    {
        var facts = Choose(FormatPolicy.Diffusers, KnownRepositories.Facts("org/old", "model_index.json", "unet/diffusion_pytorch_model.bin"), "unet");
        var cause = FormatPolicy.Diffusers.Judge(facts, ModelTask.TextToImage);
        AssertUnusable(cause, "only pickle weights");
        Assert.Contains("Convert it to safetensors", cause!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OnePartInPicklesOnly_IsRefused_ByItsName()
    {
        var facts = Choose(FormatPolicy.Diffusers, KnownRepositories.Facts("org/mixed", "model_index.json", "unet/x.bin", "vae/model.safetensors"), "unet", "vae");
        AssertUnusable(FormatPolicy.Diffusers.Judge(facts, ModelTask.TextToImage), "'unet'");
    }

    [Fact]
    public void AnotherFormat_IsNamed() => AssertUnusable(
        FormatPolicy.OnnxDiffusion.Judge(Choose(FormatPolicy.OnnxDiffusion, KnownRepositories.SdTurbo), ModelTask.TextToImage),
        "has safetensors weights and the worker serves ONNX");

    [Fact]
    public void NoWeightsAtAll_AreNamed() => AssertUnusable(
        FormatPolicy.Diffusers.Judge(KnownRepositories.Facts("org/data"), ModelTask.TextToImage), "holds no weights");

    [Fact]
    public void APipelineOfPartsThatTheEngineDoesNotRun_IsRefused()
    {
        // The repository has all the ONNX files of Stable Diffusion XL; the engine runs one text encoder.
        var facts = Choose(FormatPolicy.OnnxDiffusion, KnownRepositories.Sdxl);
        AssertUnusable(FormatPolicy.OnnxDiffusion.Judge(facts, ModelTask.TextToImage), "'text_encoder_2'");
    }

    [Fact]
    public void AMissingPart_IsNamed()
    {
        var facts = Choose(FormatPolicy.OnnxDiffusion, KnownRepositories.Facts("org/half", "model_index.json", "unet/model.onnx", "vae_decoder/model.onnx"), "unet");
        AssertUnusable(FormatPolicy.OnnxDiffusion.Judge(facts, ModelTask.TextToImage), "text_encoder/model.onnx");
    }

    [Fact]
    public void AModelAtTheRoot_IsItsKnownFiles_NotTheOthersBesideThem()
    {
        var files = KnownRepositories.Facts(
            "org/text", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "consolidated.safetensors", "original/model.safetensors").Files;
        var chosen = FormatPolicy.Diffusers.Choose(files, []);
        Assert.Equal(["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"], chosen.Select(file => file.Path));
    }

    private static ModelFacts Choose(FormatPolicy policy, ModelFacts facts, params string[] components)
    {
        var whole = components.Length == 0 ? facts : facts with { Pipeline = "StableDiffusionPipeline", Components = components };
        return whole with { Weights = policy.Choose(whole.Files, whole.Components) };
    }

    private static void AssertUnusable(FailureCause? cause, string word)
    {
        Assert.Equal(FailureCodes.ModelUnusable, cause?.Code);
        Assert.Contains(word, cause!.Message, StringComparison.Ordinal);
    }
}
