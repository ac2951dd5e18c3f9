namespace Rouse.Worker.Engines;

/// <summary>A model that cannot be loaded or a run that failed.</summary>
internal sealed class EngineException(string code, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>One of <see cref="EngineFault"/>; the message says what to do next.</summary>
    public string Code { get; } = code;
}

/// <summary>The stable words for what engines refuse; the first three are among the control plane's failure codes.</summary>
internal static class EngineFault
{
    public const string ModelUnusable = "model_unusable";
    public const string OutOfMemory = "out_of_memory";
    public const string EngineFailed = "engine_failed";
    public const string InvalidInput = "invalid_input";
}
