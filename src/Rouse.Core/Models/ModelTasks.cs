using Rouse.Core.Deployments;

namespace Rouse.Core.Models;

/// <summary>The words of <see cref="ModelTask"/>, and what the hub calls models for each.</summary>
public static class ModelTasks
{
    public static IReadOnlyList<ModelTask> All { get; } = Enum.GetValues<ModelTask>();

    /// <summary>As <c>/v1</c> shows it and workers are told it.</summary>
    public static string Word(this ModelTask task) => task switch
    {
        ModelTask.TextToImage => "text2img",
        ModelTask.ImageToImage => "image2img",
        ModelTask.TextToVideo => "text2video",
        ModelTask.TextToSpeech => "text2speech",
        ModelTask.SpeechToText => "speech2text",
        _ => throw new ArgumentOutOfRangeException(nameof(task)),
    };

    /// <summary>Speech is transformers' matter, whose repositories have another layout.</summary>
    public static bool IsSpeech(this ModelTask task) => task is ModelTask.TextToSpeech or ModelTask.SpeechToText;

    /// <summary>Takes the words, and those that others have for the same: <c>text_to_image</c>, and the hub's <c>text-to-image</c>.</summary>
    public static bool TryParse(string? word, out ModelTask task)
    {
        ModelTask? known = word switch
        {
            "text2img" or "text_to_image" or "text-to-image" => ModelTask.TextToImage,
            "image2img" or "image_to_image" or "image-to-image" => ModelTask.ImageToImage,
            "text2video" or "text_to_video" or "text-to-video" => ModelTask.TextToVideo,
            "text2speech" or "text_to_speech" or "text-to-speech" => ModelTask.TextToSpeech,
            "speech2text" or "speech_to_text" or "automatic-speech-recognition" => ModelTask.SpeechToText,
            _ => null,
        };
        task = known ?? default;
        return known is not null;
    }

    /// <summary>What the hub may call a model that does it. Most models that make a picture of a text also make one of a picture.</summary>
    public static IReadOnlyList<string> Tags(this ModelTask task) => task switch
    {
        ModelTask.TextToImage => ["text-to-image"],
        ModelTask.ImageToImage => ["image-to-image", "text-to-image"],
        ModelTask.TextToVideo => ["text-to-video"],
        ModelTask.TextToSpeech => ["text-to-speech", "text-to-audio"],
        ModelTask.SpeechToText => ["automatic-speech-recognition"],
        _ => throw new ArgumentOutOfRangeException(nameof(task)),
    };
}
