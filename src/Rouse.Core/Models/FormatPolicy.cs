using Rouse.Core.Deployments;

namespace Rouse.Core.Models;

/// <summary>What a worker can serve, as data: judged before anything is paid for, so that no GPU is bought to learn it.</summary>
public sealed record FormatPolicy
{
    private const string TextToImageTag = "text-to-image";

    /// <summary>Best first. Never <see cref="WeightFormat.Pickle"/>.</summary>
    public required IReadOnlyList<WeightFormat> Formats { get; init; }

    public required IReadOnlySet<ModelTask> Tasks { get; init; }

    /// <summary>Files without which the worker does not start.</summary>
    public IReadOnlyList<string> Needs { get; init; } = [];

    /// <summary>Folders that it never loads.</summary>
    public IReadOnlySet<string> Unused { get; init; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>Components of pipelines that it does not run.</summary>
    public IReadOnlyList<string> Strangers { get; init; } = [];

    /// <summary>What to do with a model that it cannot serve.</summary>
    public required string Advice { get; init; }

    /// <summary>Rouse's own worker: Stable Diffusion 1 and 2 and their distillations, as Optimum exports them.</summary>
    public static FormatPolicy OnnxDiffusion { get; } = new()
    {
        Formats = [WeightFormat.Onnx],
        Tasks = new HashSet<ModelTask> { ModelTask.TextToImage },
        Needs = ["model_index.json", "text_encoder/model.onnx", "unet/model.onnx", "vae_decoder/model.onnx"],
        Unused = new HashSet<string>(StringComparer.Ordinal) { "safety_checker", "feature_extractor", "vae_encoder" },
        Strangers = ["text_encoder_2", "transformer", "prior", "controlnet"],
        Advice = "Export it to ONNX (optimum-cli export onnx --model <id> --task text-to-image <folder>), or deploy a repository that has the ONNX files.",
    };

    /// <summary>A worker on diffusers: any of its text-to-image pipelines, from safetensors.</summary>
    public static FormatPolicy Diffusers { get; } = new()
    {
        Formats = [WeightFormat.Safetensors],
        Tasks = new HashSet<ModelTask> { ModelTask.TextToImage },
        Needs = ["model_index.json"],
        Advice = "Convert it to safetensors in the diffusers layout (https://huggingface.co/spaces/safetensors/convert), or deploy a repository that has it.",
    };

    /// <summary>The files that this worker loads, of the first of its formats that the repository has.</summary>
    public IReadOnlyList<ModelFile> Choose(IReadOnlyList<ModelFile> files, IReadOnlyList<string> components) =>
        Formats.Select(format => WeightChoice.Choose(files, components, format, Unused)).FirstOrDefault(chosen => chosen.Count > 0) ?? [];

    /// <summary>Why a worker of this kind cannot serve the model; null when nothing speaks against it.</summary>
    public FailureCause? Judge(ModelFacts facts, ModelTask task)
    {
        var id = facts.Model.Id;
        if (!Tasks.Contains(task)) return Unusable($"The worker does not serve the task {task}, whatever the model.", "Choose another task.");
        if (facts.PipelineTag is { } tag && tag != TextToImageTag)
        {
            return Unusable($"{id} is a {tag} model; the worker serves {TextToImageTag} models.", "Choose another model.");
        }

        if (facts.Weights.Count == 0) return Unusable(WhatItHas(facts), Advice);
        if (facts.Pipeline is { } pipeline && Strangers.FirstOrDefault(part => facts.Components.Contains(part, StringComparer.Ordinal)) is { } stranger)
        {
            return Unusable($"{id} is a {pipeline} with a part '{stranger}' that the worker does not run.", "Choose another model.");
        }

        if (Needs.FirstOrDefault(path => facts.Files.All(file => file.Path != path)) is { } missing)
        {
            return Unusable($"{id} has no {missing}, which the worker needs.", Advice);
        }

        return Lacking(facts) is { } part ? Unusable($"{id} has no {Words(Formats)} of its part '{part}'.", Advice) : null;
    }

    /// <summary>A component that has weights, and none that this worker loads.</summary>
    private string? Lacking(ModelFacts facts) => Formats is [WeightFormat.Onnx]
        ? null // Its parts are named in Needs: exports split what the pipeline lists as one.
        : facts.Components.FirstOrDefault(component => !Unused.Contains(component)
            && facts.Files.Any(file => file.Folder == component && file.Format is not null) && facts.Weights.All(file => file.Folder != component));

    private string WhatItHas(ModelFacts facts)
    {
        var others = Enum.GetValues<WeightFormat>().Where(facts.Has).ToList();
        return others switch
        {
            [] => $"{facts.Model.Id} holds no weights.",
            [WeightFormat.Pickle] => $"{facts.Model.Id} has only pickle weights, which run code when loaded and are never fetched.",
            _ => $"{facts.Model.Id} has {Words(others)} weights and the worker serves {Words(Formats)}.",
        };
    }

    private static string Words(IEnumerable<WeightFormat> formats) => string.Join(", ", formats.Select(format => format switch
    {
        WeightFormat.Safetensors => "safetensors",
        WeightFormat.Onnx => "ONNX",
        WeightFormat.Gguf => "GGUF",
        _ => "pickle",
    }));

    private static FailureCause Unusable(string what, string next) => new(FailureCodes.ModelUnusable, $"{what} {next}");
}
