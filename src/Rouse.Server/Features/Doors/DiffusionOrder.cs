using Rouse.Contracts.Doors;
using Rouse.Contracts.Jobs;

namespace Rouse.Server.Features.Doors;

/// <summary>Reads Automatic1111's words (<see cref="DiffusionRequest"/>).</summary>
internal static class DiffusionOrder
{
    /// <summary>What there is of its samplers, by its names and its short ones, and by ours.</summary>
    private static readonly Dictionary<string, string> s_samplers = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Euler"] = "euler", ["k_euler"] = "euler",
        ["Euler a"] = "euler_ancestral", ["k_euler_a"] = "euler_ancestral", ["k_euler_ancestral"] = "euler_ancestral", ["euler_ancestral"] = "euler_ancestral",
        ["DDIM"] = "ddim",
        ["LCM"] = "lcm",
    };

    private static readonly (string Word, string Name)[] s_names = [("euler", "Euler"), ("euler_ancestral", "Euler a"), ("ddim", "DDIM"), ("lcm", "LCM")];

    /// <summary>They would change the picture, and nobody here can do what they say; that they are there with their default says nothing.</summary>
    private static readonly string[] s_impossible =
        ["enable_hr", "restore_faces", "tiling", "styles", "script_name", "alwayson_scripts", "subseed_strength", "refiner_checkpoint", "firstpass_image"];

    /// <summary>The sampler by Automatic1111's name.</summary>
    public static string SamplerName(string scheduler) => s_names.FirstOrDefault(one => one.Word == scheduler) is { Name: { } name } ? name : scheduler;

    /// <summary>What names the deployment; null for nothing.</summary>
    public static string? Checkpoint(DoorFields fields)
    {
        if (fields.Within("override_settings") is not { } settings) return null;
        var word = settings.Text("sd_model_checkpoint", 0, DoorBounds.MaxModel);
        if (settings.Fault is not null) fields.Refuse("override_settings.sd_model_checkpoint", $"text of at most {DoorBounds.MaxModel} characters");
        return word is "" ? null : word;
    }

    /// <returns>Null where <see cref="DoorFields.Fault"/> says why.</returns>
    public static ImageOrder? Read(DoorFields fields)
    {
        if (!fields.Has("prompt")) fields.Refuse("prompt", $"text of 1 to {TextToImageBounds.MaxPromptLength} characters");
        foreach (var name in s_impossible) if (fields.Says(name)) fields.Refuse(name, "left out: this server cannot do it");
        if (fields.Text("scheduler", 0, DoorBounds.MaxModel) is { Length: > 0 } noise && !noise.Equals("Automatic", StringComparison.OrdinalIgnoreCase))
            fields.Refuse("scheduler", "Automatic: the model's own noise schedule is used");
        fields.Flag("send_images");
        var sampler = fields.Has("sampler_name") ? "sampler_name" : "sampler_index";
        string? scheduler = null;
        if (fields.Text(sampler, 0, DoorBounds.MaxModel) is { Length: > 0 } wanted && !s_samplers.TryGetValue(wanted, out scheduler))
            fields.Refuse(sampler, "one of " + string.Join(", ", s_names.Select(one => one.Name)));
        var (batch, batches) = (fields.Whole("batch_size", 1, DoorBounds.MaxBatch) ?? 1, fields.Whole("n_iter", 1, DoorBounds.MaxImages) ?? 1);
        if (batch * batches > DoorBounds.MaxImages) fields.Refuse("n_iter", $"such that n_iter × batch_size is at most {DoorBounds.MaxImages}");
        var order = new ImageOrder
        {
            Prompt = fields.Text("prompt", 1, TextToImageBounds.MaxPromptLength) ?? "",
            NegativePrompt = fields.Text("negative_prompt", 0, TextToImageBounds.MaxPromptLength),
            Steps = (int?)fields.Whole("steps", 1, TextToImageBounds.MaxSteps),
            Guidance = fields.Number("cfg_scale", 0, TextToImageBounds.MaxGuidance),
            Width = (int?)fields.Whole("width", TextToImageBounds.MinSide, TextToImageBounds.MaxSide),
            Height = (int?)fields.Whole("height", TextToImageBounds.MinSide, TextToImageBounds.MaxSide),
            Seed = fields.Whole("seed", -1, TextToImageBounds.MaxSeed) is var seed && seed == -1 ? null : seed,
            Scheduler = scheduler,
            Images = (int)(batch * batches),
        };
        order.Check(fields, "width");
        return fields.Fault is null ? order : null;
    }
}
