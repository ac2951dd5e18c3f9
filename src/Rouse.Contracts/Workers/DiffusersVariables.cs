namespace Rouse.Contracts.Workers;

/// <summary>What the worker's engine <c>diffusers</c> reads of its environment.</summary>
public static class DiffusersVariables
{
    /// <summary><c>text2img</c> (default), <c>image2img</c>, <c>text2video</c>, <c>text2speech</c>, <c>speech2text</c>; also in long form (<c>text_to_image</c> …).</summary>
    public const string Task = WorkerVariables.Task;

    /// <summary>The Python that has torch, diffusers and transformers.</summary>
    public const string Python = "ROUSE_DIFFUSERS_PYTHON";

    /// <summary><c>auto</c> (default), <c>float16</c>, <c>bfloat16</c>, <c>float32</c>.</summary>
    public const string Dtype = "ROUSE_DIFFUSERS_DTYPE";

    /// <summary><c>auto</c> (default), <c>none</c>, <c>model</c>, <c>sequential</c>: what waits in main memory until its turn.</summary>
    public const string Offload = "ROUSE_DIFFUSERS_OFFLOAD";

    /// <summary><c>0</c>: a repository's safety checker is neither fetched nor run.</summary>
    public const string SafetyChecker = "ROUSE_DIFFUSERS_SAFETY_CHECKER";
}
