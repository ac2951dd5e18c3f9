using System.Globalization;
using System.Text.Json;
using Rouse.Worker.ModelFiles;

namespace Rouse.Worker.Engines.A1111.Inputs;

/// <summary>
/// Reads a job's input. Typed and bounded are the members that every caller uses; all others are the WebUI's business, which knows its version and
/// its extensions better.
/// </summary>
internal static class InputReader
{
    private const string Settings = "override_settings";

    /// <param name="input">Any JSON.</param>
    /// <param name="fault">All that is wrong with it, where there is no answer.</param>
    public static A1111Input? Read(JsonElement input, out string? fault)
    {
        var faults = new List<string>();
        var read = Read(input, faults);
        fault = faults.Count == 0 ? null : string.Join(' ', faults.Take(InputBounds.MaxFaults));
        return fault is null ? read : null;
    }

    private static A1111Input? Read(JsonElement input, List<string> faults)
    {
        var members = new WebUiMembers(input, faults);
        if (faults.Count > 0) return null;
        var task = Task(members);
        var files = new FileMembers(members);
        var read = new A1111Input(
            task, input, members.Whole("clip_skip", 1, InputBounds.MaxClipSkip), files.Checkpoint(), files.Loras(), files.Embeddings(), members.Switch("cache_info"));
        if (task.Generates()) CheckGeneration(members, read);
        else CheckExtras(members, task);
        return read;
    }

    private static WebUiTask Task(WebUiMembers members)
    {
        if (!members.Has("task")) return WebUiTasks.Of(members);
        if (members.Raw("task").ValueKind == JsonValueKind.String && WebUiTasks.Parse(members.Text("task", 1, InputBounds.MaxNameLength)) is { } task) return task;
        members.Refuse("task", $"one of {WebUiTasks.Choices}");
        return WebUiTask.TextToImage;
    }

    private static void CheckGeneration(WebUiMembers members, A1111Input read)
    {
        _ = members.Text("prompt", 0, InputBounds.MaxPromptLength);
        _ = members.Text("negative_prompt", 0, InputBounds.MaxPromptLength);
        _ = members.Whole("steps", InputBounds.MinSteps, InputBounds.MaxSteps);
        _ = members.Number("cfg_scale", InputBounds.MinGuidance, InputBounds.MaxGuidance);
        _ = members.Whole("width", InputBounds.MinSide, InputBounds.MaxSide);
        _ = members.Whole("height", InputBounds.MinSide, InputBounds.MaxSide);
        _ = members.Text("sampler_name", 1, InputBounds.MaxSamplerLength);

        // Without it a misspelt member would be paid for with a picture of nothing.
        if (read.Task == WebUiTask.TextToImage && !members.Has("prompt") && !members.Has("infotext") && !members.Has("styles"))
            members.Refuse("prompt", string.Create(CultureInfo.InvariantCulture, $"text of 0 to {InputBounds.MaxPromptLength} characters"));
        if (read.Task == WebUiTask.ImageToImage && members.Raw("init_images").ValueKind != JsonValueKind.Array)
            members.Refuse("init_images", "a list of pictures in base64");
        CheckSettings(members, read);
    }

    /// <summary>What the caller says in two ways must not be said differently, and neither way may get lost.</summary>
    private static void CheckSettings(WebUiMembers members, A1111Input read)
    {
        if (!members.Has(Settings)) return;
        var settings = new WebUiMembers(members.Raw(Settings), members.Faults, Settings);
        if (read.ClipSkip is not null && settings.Has(RequestBody.ClipSkip))
            members.Faults.Add($"'clip_skip' and '{Settings}.{RequestBody.ClipSkip}' are the same setting. Give one of them.");
        if (read.Checkpoint is not null && settings.Has(RequestBody.Checkpoint))
            members.Faults.Add($"'checkpoint' and '{Settings}.{RequestBody.Checkpoint}' are the same setting. Give one of them.");
    }

    private static void CheckExtras(WebUiMembers members, WebUiTask task)
    {
        foreach (var name in new[] { "clip_skip", "checkpoint", "loras", "embeddings" }.Where(members.Has))
            members.Faults.Add($"'{name}' means nothing to {task.Word()}. Leave it out.");
        if (task == WebUiTask.ExtraSingle && members.Raw("image").ValueKind != JsonValueKind.String) members.Refuse("image", "a picture in base64");
        if (task == WebUiTask.ExtraBatch && members.Raw("imageList").ValueKind != JsonValueKind.Array) members.Refuse("imageList", "a list of {\"data\": …, \"name\": …}");
    }
}
