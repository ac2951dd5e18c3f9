namespace Rouse.Worker.Engines.A1111.Inputs;

/// <summary>What a job for the WebUI may ask for. Members that are not named here pass as they are.</summary>
internal static class InputBounds
{
    /// <summary>Characters. The WebUI reads prompts in chunks of 75 tokens and has no bound of its own; a hundred chunks are a mistake.</summary>
    public const int MaxPromptLength = 32_768;

    public const int MinSteps = 1;
    public const int MaxSteps = 150;

    public const double MinGuidance = 1;
    public const double MaxGuidance = 30;

    /// <summary>Pixels along a side.</summary>
    public const int MinSide = 64;
    public const int MaxSide = 2048;

    /// <summary>Characters; the longest of the WebUI's own samplers has 20.</summary>
    public const int MaxSamplerLength = 100;

    /// <summary>Layers from the end of the text encoder, which has twelve.</summary>
    public const int MaxClipSkip = 12;

    /// <summary>Files of one kind for one job: each is a download, and memory.</summary>
    public const int MaxFiles = 16;

    /// <summary>Characters of a file's name; file systems take 255 bytes.</summary>
    public const int MaxNameLength = 200;

    /// <summary>Characters; longer addresses are refused by common servers.</summary>
    public const int MaxUrlLength = 4_096;

    /// <summary>Beyond this a LoRA only destroys the picture; negative scales are in use.</summary>
    public const double MaxScale = 10;

    /// <summary>Faults told of one input: more help nobody.</summary>
    public const int MaxFaults = 10;
}
