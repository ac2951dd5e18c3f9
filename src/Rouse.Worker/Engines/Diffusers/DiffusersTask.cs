namespace Rouse.Worker.Engines.Diffusers;

/// <summary>What a deployment's model is to do. One model may be fit for several; it serves one.</summary>
internal enum DiffusersTask
{
    TextToImage,
    ImageToImage,
    TextToVideo,
    TextToSpeech,
    SpeechToText,
}

internal static class TaskWords
{
    public static readonly string[] All = ["text2img", "image2img", "text2video", "text2speech", "speech2text"];

    public static string Word(this DiffusersTask task) => All[(int)task];

    /// <summary>Speech is transformers' matter, the others are diffusers'.</summary>
    public static bool IsSpeech(this DiffusersTask task) => task is DiffusersTask.TextToSpeech or DiffusersTask.SpeechToText;

    /// <returns>Null for a word that names no task.</returns>
    public static DiffusersTask? Parse(string word) => word.Replace('-', '_') switch
    {
        "text2img" or "text_to_image" or "text2image" => DiffusersTask.TextToImage,
        "image2img" or "image_to_image" or "image2image" => DiffusersTask.ImageToImage,
        "text2video" or "text_to_video" => DiffusersTask.TextToVideo,
        "text2speech" or "text_to_speech" => DiffusersTask.TextToSpeech,
        "speech2text" or "speech_to_text" => DiffusersTask.SpeechToText,
        _ => null,
    };
}
