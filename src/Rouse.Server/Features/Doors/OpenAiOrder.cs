using System.Globalization;
using Rouse.Contracts.Doors;
using Rouse.Contracts.Jobs;

namespace Rouse.Server.Features.Doors;

/// <summary>Reads OpenAI's words (<see cref="ImagesRequest"/>).</summary>
internal static class OpenAiOrder
{
    private const string Size = "size";

    private static readonly string[] s_known =
    [
        "model", "prompt", "n", Size, "response_format", "quality", "style", "background", "moderation", "user", "output_format", "output_compression",
        "partial_images", "stream", "seed", "steps", "guidance_scale", "negative_prompt", "scheduler",
    ];

    /// <summary>Accepted and without effect, as there is nothing that they could change.</summary>
    private static readonly string[] s_words = ["quality", "style", "background", "moderation", "user"];

    /// <returns>Null where <see cref="DoorFields.Fault"/> says why.</returns>
    /// <param name="canKeep">Addresses can be given.</param>
    public static ImageOrder? Read(DoorFields fields, bool canKeep, out string? unknown)
    {
        const int longestWord = 1000; // characters of a value that is passed over
        unknown = fields.Names.FirstOrDefault(name => !s_known.Contains(name, StringComparer.Ordinal));
        if (unknown is not null) return null;
        if (!fields.Has("prompt")) fields.Refuse("prompt", $"text of 1 to {TextToImageBounds.MaxPromptLength} characters");
        foreach (var name in s_words) fields.Text(name, 0, longestWord);
        var byUrl = fields.OneOf("response_format", ["b64_json", "url"]) == "url";
        if (byUrl && !canKeep) fields.Refuse("response_format", "b64_json: this server has no place to keep pictures (ROUSE_OUTPUTS)");
        fields.OneOf("output_format", ["png"]);
        fields.Whole("output_compression", 0, 100);
        fields.Whole("partial_images", 0, 0);
        if (fields.Flag("stream") == true) fields.Refuse("stream", "false: pictures are answered whole");
        var (width, height) = ReadSize(fields);
        var order = new ImageOrder
        {
            Prompt = fields.Text("prompt", 1, TextToImageBounds.MaxPromptLength) ?? "",
            NegativePrompt = fields.Text("negative_prompt", 0, TextToImageBounds.MaxPromptLength),
            Steps = (int?)fields.Whole("steps", 1, TextToImageBounds.MaxSteps),
            Guidance = fields.Number("guidance_scale", 0, TextToImageBounds.MaxGuidance),
            Width = width,
            Height = height,
            Seed = fields.Whole("seed", 0, TextToImageBounds.MaxSeed),
            Scheduler = fields.OneOf("scheduler", TextToImageBounds.Schedulers),
            ByUrl = byUrl,
            Images = (int)(fields.Whole("n", 1, DoorBounds.MaxImages) ?? 1),
        };
        order.Check(fields, Size);
        return fields.Fault is null ? order : null;
    }

    private static (int? Width, int? Height) ReadSize(DoorFields fields)
    {
        const int longest = 16; // characters: 2048x2048 has nine
        if (fields.Text(Size, 1, longest) is not { } text || text == "auto") return (null, null);
        if (text.Split('x') is [var left, var right] && TrySide(left, out var width) && TrySide(right, out var height)) return (width, height);
        fields.Refuse(Size, $"auto, or WIDTHxHEIGHT with sides of {TextToImageBounds.MinSide} to {TextToImageBounds.MaxSide} pixels");
        return (null, null);
    }

    private static bool TrySide(string text, out int side) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out side) && side is >= TextToImageBounds.MinSide and <= TextToImageBounds.MaxSide;
}
