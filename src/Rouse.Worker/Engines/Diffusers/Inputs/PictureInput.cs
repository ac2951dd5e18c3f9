using System.Text.Json;
using Rouse.Contracts.Jobs;
using Rouse.Worker.Engines.Diffusers.Runners;
using Rouse.Worker.Engines.Inputs;

namespace Rouse.Worker.Engines.Diffusers.Inputs;

/// <summary>Reads the input of a job that makes pictures or a film. Members are those that the loaded pipeline takes; others are refused, not passed over.</summary>
internal static class PictureInput
{
    private static readonly string[] s_picture = ["image", "image_url", "image_base64"];

    /// <summary>Arguments that a pipeline may take, and that a job may name by the same name.</summary>
    private static readonly string[] s_arguments = ["prompt", "negative_prompt", "num_inference_steps", "guidance_scale", "width", "height", "strength", "num_frames"];

    /// <param name="isDistilled">Few steps without guidance are its defaults.</param>
    /// <param name="fault">Why there is no answer.</param>
    public static RunOrder? Read(JsonElement input, DiffusersTask task, LoadedModel model, bool isDistilled, Func<long, long> drawSeed, out string? fault)
    {
        var members = new InputMembers(input, Known(task, model));
        if (!members.Has("prompt")) members.Refuse("prompt", $"text of 1 to {TextToImageBounds.MaxPromptLength} characters");
        var images = Images(members);
        var lastSeed = TextToImageBounds.MaxSeed - (images - 1); // the last picture's seed must be one that can be asked for
        var order = new RunOrder
        {
            Arguments = Arguments(members, model, isDistilled),
            Attached = task == DiffusersTask.ImageToImage ? Attachment.Read(members, s_picture, FileKind.Picture) : null,
            Seed = members.Has("seed") ? members.Whole("seed", 0, lastSeed, 0) : drawSeed(lastSeed),
            Images = images,
            FramesPerSecond = task == DiffusersTask.TextToVideo
                ? (int)members.Whole("fps", 1, DiffusersBounds.MaxFramesPerSecond, DiffusersBounds.DefaultFramesPerSecond) : 0,
        };
        fault = members.Fault;
        return fault is null ? order : null;
    }

    private static List<string> Known(DiffusersTask task, LoadedModel model)
    {
        // A picture's size may be asked of every pipeline for pictures from pictures: what was sent is brought to it before.
        List<string> known = [.. s_arguments.Where(name => model.Takes.Contains(name) || (task == DiffusersTask.ImageToImage && name is "width" or "height")), "seed"];
        known.AddRange(task switch
        {
            DiffusersTask.TextToVideo => ["fps"],
            DiffusersTask.ImageToImage => [.. s_picture, "num_images", "num_images_per_prompt"],
            _ => ["num_images", "num_images_per_prompt"],
        });
        return known;
    }

    private static Dictionary<string, object> Arguments(InputMembers members, LoadedModel model, bool isDistilled)
    {
        var arguments = new Dictionary<string, object>(StringComparer.Ordinal) { ["prompt"] = members.Text("prompt", 1, TextToImageBounds.MaxPromptLength, "") };
        if (members.Has("negative_prompt")) arguments["negative_prompt"] = members.Text("negative_prompt", 0, TextToImageBounds.MaxPromptLength, "");
        if (members.Has("num_inference_steps")) arguments["num_inference_steps"] = members.Whole("num_inference_steps", 1, TextToImageBounds.MaxSteps, 1);
        else if (isDistilled && model.Takes.Contains("num_inference_steps")) arguments["num_inference_steps"] = (long)DiffusersBounds.DistilledSteps;
        if (members.Has("guidance_scale")) arguments["guidance_scale"] = members.Number("guidance_scale", 0, TextToImageBounds.MaxGuidance, 0);
        else if (isDistilled && model.Takes.Contains("guidance_scale")) arguments["guidance_scale"] = 0.0;
        // Below this no step would be left of any number of them.
        if (members.Has("strength")) arguments["strength"] = members.Number("strength", 0.01, 1, 1);
        if (members.Has("num_frames")) arguments["num_frames"] = members.Whole("num_frames", 1, DiffusersBounds.MaxFrames, 1);
        foreach (var side in (string[])["width", "height"])
        {
            if (members.Has(side)) arguments[side] = Side(members, side);
        }

        var pixels = Pixels("width") * Pixels("height");
        if (pixels > TextToImageBounds.MaxPixels) members.Refuse("width", $"such that width × height is at most {TextToImageBounds.MaxPixels} pixels, not {pixels}");
        return arguments;

        long Pixels(string side) => arguments.TryGetValue(side, out var given) ? (long)given : (long)model.Defaults.GetValueOrDefault(side, 1);
    }

    private static long Side(InputMembers members, string name)
    {
        var side = members.Whole(name, TextToImageBounds.MinSide, TextToImageBounds.MaxSide, TextToImageBounds.MinSide);
        if (side % TextToImageBounds.SideStep != 0)
            members.Refuse(name, $"a multiple of {TextToImageBounds.SideStep} from {TextToImageBounds.MinSide} to {TextToImageBounds.MaxSide}");
        return side;
    }

    private static int Images(InputMembers members)
    {
        const string name = "num_images", alias = "num_images_per_prompt";
        if (members.Has(name) && members.Has(alias)) members.Refuse(alias, $"left out where {name} is given");
        return (int)members.Whole(members.Has(alias) ? alias : name, 1, TextToImageBounds.MaxImages, 1);
    }
}
