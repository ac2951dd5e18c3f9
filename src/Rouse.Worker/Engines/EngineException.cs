namespace Rouse.Worker.Engines;

/// <summary>A model that cannot be loaded or a run that failed.</summary>
internal sealed class EngineException(string code, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>One of <see cref="EngineFault"/>; the message says what to do next.</summary>
    public string Code { get; } = code;

    /// <param name="message">What is wrong with the model, without what to do about it.</param>
    /// <param name="advice">What to do about it; most often the export was made wrongly or for another task.</param>
    /// <param name="inner">What was thrown on finding out.</param>
    public static EngineException Unusable(
        string message, string advice = "Export the repository again for the task text-to-image.", Exception? inner = null) =>
        new(EngineFault.ModelUnusable, $"{message} {advice}", inner);
}

/// <summary>The stable words for what engines refuse; the first three are among the control plane's failure codes.</summary>
internal static class EngineFault
{
    public const string ModelUnusable = "model_unusable";
    public const string OutOfMemory = "out_of_memory";
    public const string EngineFailed = "engine_failed";
    public const string InvalidInput = "invalid_input";

    /// <summary>A file that the input names by URL did not come.</summary>
    public const string InputUnavailable = "input_unavailable";

    /// <summary>The operator wants no URLs in inputs.</summary>
    public const string InputUrlsOff = "input_urls_off";
}
