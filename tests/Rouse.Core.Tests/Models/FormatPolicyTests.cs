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
    [InlineData(ModelTask.ImageToImage, "diffusers, a1111, process serve it")]
    [InlineData(ModelTask.TextToVideo, "diffusers, process serve it")]
    [InlineData(ModelTask.SpeechToText, "diffusers, process serve it")]
    public void ATaskThatTheWorkerDoesNotServe_IsRefusedBeforeSpending_WithWhatWould(ModelTask task, string who)
    {
        var facts = KnownRepositories.Facts("org/tiny", s_export);
        AssertUnusable(FormatPolicy.OnnxDiffusion.Judge(facts, task), task.Word());
        AssertUnusable(FormatPolicy.OnnxDiffusion.Judge(facts, task), who);
    }

    [Theory]
    [InlineData("text-to-image", ModelTask.ImageToImage, true)]
    [InlineData("image-to-image", ModelTask.ImageToImage, true)]
    [InlineData("image-to-image", ModelTask.TextToImage, false)]
    [InlineData("text-to-video", ModelTask.TextToVideo, true)]
    [InlineData("text-to-video", ModelTask.TextToImage, false)]
    [InlineData("text-to-image", ModelTask.TextToVideo, false)]
    public void AModel_IsTakenForTheTasksThatItsTagAllows(string tag, ModelTask task, bool isTaken) =>
        Assert.Equal(isTaken, FormatPolicy.Of(WorkerEngine.Diffusers, task).Judge(KnownRepositories.SdTurbo with { PipelineTag = tag }, task) is null);

    [Fact]
    public void Speech_IsOneModelAtTheRoot_WithoutAPipeline()
    {
        var policy = FormatPolicy.Of(WorkerEngine.Diffusers, ModelTask.SpeechToText);
        var facts = Choose(policy, KnownRepositories.Facts("org/whisper", "model.safetensors", "model.fp16.safetensors", "pytorch_model.bin")) with { Pipeline = null, PipelineTag = "automatic-speech-recognition" };
        Assert.Null(policy.Judge(facts, ModelTask.SpeechToText));
        Assert.Equal(["model.fp16.safetensors"], facts.Weights.Select(file => file.Path));
        AssertUnusable(policy.Judge(facts, ModelTask.TextToSpeech), "text-to-speech and text-to-audio");
        var pickles = Choose(policy, KnownRepositories.Facts("org/old", "pytorch_model.bin"));
        AssertUnusable(policy.Judge(pickles, ModelTask.SpeechToText), "only pickle weights");
    }

    [Fact]
    public void ACheckpoint_IsOneSafetensorsFileAtTheRoot()
    {
        var policy = FormatPolicy.Of(WorkerEngine.A1111, ModelTask.TextToImage);
        var one = Choose(policy, KnownRepositories.Facts("org/merge", "merge-v2.safetensors", "merge-v2.ckpt", "vae/diffusion_pytorch_model.safetensors"), "vae");
        Assert.Null(policy.Judge(one, ModelTask.TextToImage));
        Assert.Null(policy.Judge(one, ModelTask.ImageToImage));
        Assert.Equal(["merge-v2.safetensors"], one.Weights.Select(file => file.Path));
        AssertUnusable(policy.Judge(Choose(policy, KnownRepositories.Facts("org/two", "a.safetensors", "b.safetensors")), ModelTask.TextToImage), "2 checkpoints at its root (a.safetensors, b.safetensors)");
        AssertUnusable(policy.Judge(Choose(policy, KnownRepositories.Facts("org/old", "a.ckpt")), ModelTask.TextToImage), "only pickle weights");
        AssertUnusable(policy.Judge(Choose(policy, KnownRepositories.SdTurbo with { Files = [new ModelFile("unet/model.safetensors", 1)] }), ModelTask.TextToImage), "not where the worker's engine a1111 loads them from");
    }

    [Fact]
    public void AProgramOfTheOperators_TakesWhatNeedsNoPickles()
    {
        var policy = FormatPolicy.Of(WorkerEngine.Process, ModelTask.TextToImage);
        var mixed = Choose(policy, KnownRepositories.Facts("org/mixed", "model.gguf", "model.onnx", "old.bin")) with { PipelineTag = "text-generation" };
        Assert.Null(policy.Judge(mixed, ModelTask.TextToSpeech));
        Assert.Equal(["model.gguf", "model.onnx"], policy.Fetched(mixed).Select(file => file.Path));
        Assert.Null(policy.Judge(KnownRepositories.Facts("org/rules"), ModelTask.TextToImage));
        AssertUnusable(policy.Judge(Choose(policy, KnownRepositories.Facts("org/old", "a.bin")), ModelTask.TextToImage), "only pickle weights");
    }

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
