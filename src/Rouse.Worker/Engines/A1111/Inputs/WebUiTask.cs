namespace Rouse.Worker.Engines.A1111.Inputs;

/// <summary>The calls of the WebUI's API that a job may make: a closed set, so that no input chooses a path.</summary>
internal enum WebUiTask
{
    TextToImage,
    ImageToImage,
    ExtraSingle,
    ExtraBatch,
}

internal static class WebUiTasks
{
    private static readonly (WebUiTask Task, string Word)[] s_words =
    [
        (WebUiTask.TextToImage, "txt2img"),
        (WebUiTask.ImageToImage, "img2img"),
        (WebUiTask.ExtraSingle, "extra-single-image"),
        (WebUiTask.ExtraBatch, "extra-batch-images"),
    ];

    public static string Choices { get; } = string.Join(", ", s_words.Select(static pair => pair.Word));

    /// <summary>Its word in the input, and its path below the API's base.</summary>
    public static string Word(this WebUiTask task) => s_words.First(pair => pair.Task == task).Word;

    /// <summary>Whether it draws pictures from a prompt: only such calls know checkpoints, LoRAs and settings.</summary>
    public static bool Generates(this WebUiTask task) => task is WebUiTask.TextToImage or WebUiTask.ImageToImage;

    public static WebUiTask? Parse(string? word) => Array.Exists(s_words, pair => pair.Word == word) ? s_words.First(pair => pair.Word == word).Task : null;

    /// <summary>Of an input that names none, by the member that only one call has.</summary>
    public static WebUiTask Of(WebUiMembers members) =>
        members.Has("init_images") ? WebUiTask.ImageToImage
        : members.Has("imageList") ? WebUiTask.ExtraBatch
        : members.Has("image") ? WebUiTask.ExtraSingle
        : WebUiTask.TextToImage;
}
