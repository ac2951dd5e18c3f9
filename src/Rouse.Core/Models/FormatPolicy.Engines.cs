using Rouse.Core.Deployments;

namespace Rouse.Core.Models;

/// <summary>The policies of the engines there are.</summary>
public sealed partial record FormatPolicy
{
    /// <summary>Rouse's own: Stable Diffusion 1 and 2 and their distillations, as Optimum exports them.</summary>
    public static FormatPolicy OnnxDiffusion { get; } = new()
    {
        Engine = WorkerEngine.Onnx,
        Formats = [WeightFormat.Onnx],
        Needs = ["model_index.json", "text_encoder/model.onnx", "unet/model.onnx", "vae_decoder/model.onnx"],
        Unused = new HashSet<string>(StringComparer.Ordinal) { "safety_checker", "feature_extractor", "vae_encoder" },
        Strangers = ["text_encoder_2", "transformer", "prior", "controlnet"],
        Advice = "Export it to ONNX (optimum-cli export onnx --model <id> --task text-to-image <folder>), or deploy a repository that has the ONNX files.",
    };

    /// <summary>A worker on diffusers: any of its pipelines for pictures and videos, from safetensors.</summary>
    public static FormatPolicy Diffusers { get; } = new()
    {
        Engine = WorkerEngine.Diffusers,
        Formats = [WeightFormat.Safetensors],
        Needs = ["model_index.json"],
        Advice = "Convert it to safetensors in the diffusers layout (https://huggingface.co/spaces/safetensors/convert), or deploy a repository that has it.",
    };

    /// <summary>The same worker on transformers: one model of speech at the root.</summary>
    public static FormatPolicy Speech { get; } = new()
    {
        Engine = WorkerEngine.Diffusers,
        Formats = [WeightFormat.Safetensors],
        Advice = "Convert it to safetensors in the transformers layout (https://huggingface.co/spaces/safetensors/convert), or deploy a repository that has it.",
    };

    /// <summary>A WebUI: one checkpoint with all parts in it.</summary>
    public static FormatPolicy Checkpoint { get; } = new()
    {
        Engine = WorkerEngine.A1111,
        Formats = [WeightFormat.Safetensors],
        IsSingleFile = true,
        Advice = "Deploy a repository with one checkpoint (.safetensors) at its root.",
    };

    /// <summary>Whatever the operator runs.</summary>
    public static FormatPolicy Anything { get; } = new()
    {
        Engine = WorkerEngine.Process,
        Formats = [WeightFormat.Safetensors, WeightFormat.Gguf, WeightFormat.Onnx],
        TakesAnything = true,
        Advice = "Deploy a repository with safetensors, GGUF or ONNX weights.",
    };

    public static FormatPolicy Of(WorkerEngine engine, ModelTask task) => engine switch
    {
        WorkerEngine.Onnx => OnnxDiffusion,
        WorkerEngine.Diffusers => task.IsSpeech() ? Speech : Diffusers,
        WorkerEngine.A1111 => Checkpoint,
        WorkerEngine.Process => Anything,
        _ => throw new ArgumentOutOfRangeException(nameof(engine)),
    };
}
