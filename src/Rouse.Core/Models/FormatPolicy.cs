using Rouse.Core.Deployments;

namespace Rouse.Core.Models;

/// <summary>What a worker with one engine can serve, as data: judged before anything is paid for, so that no GPU is bought to learn it.</summary>
public sealed partial record FormatPolicy
{
    public required WorkerEngine Engine { get; init; }

    /// <summary>Best first. Never <see cref="WeightFormat.Pickle"/>.</summary>
    public required IReadOnlyList<WeightFormat> Formats { get; init; }

    /// <summary>Files without which the worker does not start.</summary>
    public IReadOnlyList<string> Needs { get; init; } = [];

    /// <summary>Folders that it never loads.</summary>
    public IReadOnlySet<string> Unused { get; init; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>Components of pipelines that it does not run.</summary>
    public IReadOnlyList<string> Strangers { get; init; } = [];

    /// <summary>One file at the root holds the whole model.</summary>
    public bool IsSingleFile { get; init; }

    /// <summary>Nothing is known of the program, so nothing but pickles speaks against a model, and it may open any other file of it.</summary>
    public bool TakesAnything { get; init; }

    /// <summary>What to do with a model that it cannot serve.</summary>
    public required string Advice { get; init; }

    /// <summary>The files that this worker loads, of the first of its formats that the repository has.</summary>
    public IReadOnlyList<ModelFile> Choose(IReadOnlyList<ModelFile> files, IReadOnlyList<string> components)
    {
        if (IsSingleFile) return [.. files.Where(file => file.Folder.Length == 0 && file.Format is { } format && Formats.Contains(format))];
        return Formats.Select(format => WeightChoice.Choose(files, components, format, Unused)).FirstOrDefault(chosen => chosen.Count > 0) ?? [];
    }

    /// <summary>The weights that it may fetch: more than it loads where nobody knows which those are.</summary>
    public IReadOnlyList<ModelFile> Fetched(ModelFacts facts) =>
        TakesAnything ? [.. facts.Files.Where(file => file.Format is not (null or WeightFormat.Pickle))] : facts.Weights;

    /// <summary>Why a worker of this kind cannot serve the model; null when nothing speaks against it.</summary>
    public FailureCause? Judge(ModelFacts facts, ModelTask task)
    {
        var id = facts.Model.Id;
        if (!Engine.Serves(task)) return Unusable($"The engine {Engine.Word()} does not serve {task.Word()}, whatever the model.", WhoServes(task));
        if (TakesAnything) return facts.Weights.Count == 0 && facts.Has(WeightFormat.Pickle) ? Unusable(WhatItHas(facts), Advice) : null;
        if (facts.PipelineTag is { } tag && !task.Tags().Contains(tag, StringComparer.Ordinal))
        {
            return Unusable($"{id} is a {tag} model; for {task.Word()} the worker serves {string.Join(" and ", task.Tags())} models.", "Choose another model, or the task that it is for.");
        }

        if (facts.Weights.Count == 0) return Unusable(WhatItHas(facts), Advice);
        if (IsSingleFile && facts.Weights.Count > 1)
        {
            return Unusable($"{id} has {facts.Weights.Count} checkpoints at its root ({facts.Weights[0].Name}, {facts.Weights[1].Name}{(facts.Weights.Count > 2 ? ", …" : "")}), and which is meant nobody says.", Advice);
        }

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

    /// <summary>For people.</summary>
    public static string WhoServes(ModelTask task) =>
        $"Of all engines {WorkerEngines.Words(WorkerEngines.All.Where(engine => engine.Serves(task)))} {(WorkerEngines.All.Count(engine => engine.Serves(task)) == 1 ? "serves" : "serve")} it.";

    /// <summary>A component that has weights, and none that this worker loads.</summary>
    private string? Lacking(ModelFacts facts) => IsSingleFile || Formats is [WeightFormat.Onnx]
        ? null // Its parts are named in Needs: exports split what the pipeline lists as one.
        : facts.Components.FirstOrDefault(component => !Unused.Contains(component)
            && facts.Files.Any(file => file.Folder == component && file.Format is not null) && facts.Weights.All(file => file.Folder != component));

    private string WhatItHas(ModelFacts facts)
    {
        var others = Enum.GetValues<WeightFormat>().Where(facts.Has).ToList();
        if (others.Exists(Formats.Contains)) return $"{facts.Model.Id} has {Words(others)} weights, but not where the worker's engine {Engine.Word()} loads them from.";
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
