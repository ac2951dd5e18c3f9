using System.Text.Json;
using Rouse.Worker.Engines.Inputs;
using Rouse.Worker.Engines.OnnxDiffusion.Models;
using Rouse.Worker.Engines.OnnxDiffusion.Schedulers;

namespace Rouse.Worker.Engines.OnnxDiffusion.Inputs;

/// <summary>Reads a job's input; nothing of the model runs before all of it is known to be good.</summary>
internal static class InputReader
{
    private static readonly string[] Known =
    [
        "prompt", "negative_prompt", "num_inference_steps", "guidance_scale", "width", "height", "seed", "num_images", "num_images_per_prompt",
        "scheduler",
    ];

    /// <param name="input">Any JSON.</param>
    /// <param name="model">Decides the defaults.</param>
    /// <param name="drawSeed">A number from 0 to the one given, for a job without a seed.</param>
    /// <param name="fault">Why there is no answer.</param>
    public static TextToImageInput? Read(JsonElement input, ModelTraits model, Func<long, long> drawSeed, out string? fault)
    {
        var members = new InputMembers(input, Known);
        if (!members.Has("prompt")) members.Refuse("prompt", $"text of 1 to {InputLimits.MaxPromptLength} characters");
        var images = Images(members);
        var lastSeed = InputLimits.MaxSeed - (images - 1); // the last picture's seed must be one that can be asked for
        var scheduler = Scheduler(members, model);
        var read = new TextToImageInput
        {
            Prompt = members.Text("prompt", 1, InputLimits.MaxPromptLength, ""),
            NegativePrompt = members.Text("negative_prompt", 0, InputLimits.MaxPromptLength, ""),
            Scheduler = scheduler,
            Steps = (int)members.Whole("num_inference_steps", 1, MaxSteps(scheduler, model.Scheduler), DefaultSteps(scheduler, model)),
            GuidanceScale = members.Number("guidance_scale", 0, InputLimits.MaxGuidance, DefaultGuidance(scheduler, model)),
            Width = Side(members, "width", model.DefaultWidth, model.FixedWidth, model.PixelsPerLatent),
            Height = Side(members, "height", model.DefaultHeight, model.FixedHeight, model.PixelsPerLatent),
            Images = images,
            Seed = members.Has("seed") ? members.Whole("seed", 0, lastSeed, 0) : drawSeed(lastSeed),
        };
        var pixels = (long)read.Width * read.Height;
        if (pixels > InputLimits.MaxPixels)
            members.Refuse("width", $"such that width × height is at most {InputLimits.MaxPixels} pixels, not {pixels}");
        fault = members.Fault;
        return fault is null ? read : null;
    }

    private static int Images(InputMembers members)
    {
        const string name = "num_images", alias = "num_images_per_prompt";
        if (members.Has(name) && members.Has(alias)) members.Refuse(alias, $"left out where {name} is given");
        return (int)members.Whole(members.Has(alias) ? alias : name, 1, InputLimits.MaxImages, 1);
    }

    private static SchedulerKind Scheduler(InputMembers members, ModelTraits model)
    {
        if (!members.Has("scheduler")) return model.Scheduler.Kind;
        if (SchedulerKinds.Names.TryGetValue(members.Text("scheduler", 1, InputLimits.MaxPromptLength, ""), out var kind)) return kind;
        members.Refuse("scheduler", "one of " + string.Join(", ", SchedulerKinds.Names.Keys));
        return model.Scheduler.Kind;
    }

    private static int MaxSteps(SchedulerKind scheduler, SchedulerSettings settings) =>
        Math.Min(InputLimits.MaxSteps, scheduler == SchedulerKind.Lcm ? settings.OriginalSteps : settings.TrainSteps);

    private static int DefaultSteps(SchedulerKind scheduler, ModelTraits model) => Math.Min(
        scheduler == SchedulerKind.Lcm || model.Pace != Pace.Standard ? InputLimits.DistilledSteps : InputLimits.StandardSteps,
        MaxSteps(scheduler, model.Scheduler));

    private static double DefaultGuidance(SchedulerKind scheduler, ModelTraits model) =>
        model.TakesGuidance ? InputLimits.EmbeddedGuidance
        : model.Pace == Pace.Turbo ? 0
        : scheduler == SchedulerKind.Lcm ? 1
        : InputLimits.StandardGuidance;

    private static int Side(InputMembers members, string name, int fallback, int? only, int pixelsPerLatent)
    {
        var multiple = Math.Max(8, pixelsPerLatent);
        var side = (int)members.Whole(name, InputLimits.MinSide, InputLimits.MaxSide, fallback);
        if (members.Has(name) && side % multiple != 0)
            members.Refuse(name, $"a multiple of {multiple} from {InputLimits.MinSide} to {InputLimits.MaxSide}");
        if (only is { } fixedSide && side != fixedSide) members.Refuse(name, $"{fixedSide}, because this model was exported for one size");
        return side;
    }
}
