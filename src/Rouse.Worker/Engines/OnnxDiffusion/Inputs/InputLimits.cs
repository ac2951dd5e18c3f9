using Rouse.Contracts.Jobs;

namespace Rouse.Worker.Engines.OnnxDiffusion.Inputs;

/// <summary>The bounds of a text-to-image job's input, which its callers know too, and its defaults.</summary>
internal static class InputLimits
{
    public const int MaxPromptLength = TextToImageBounds.MaxPromptLength;

    public const int MaxSteps = TextToImageBounds.MaxSteps;
    public const int StandardSteps = 28;
    public const int DistilledSteps = 4;

    public const double MaxGuidance = TextToImageBounds.MaxGuidance;
    public const double StandardGuidance = 3.5;

    /// <summary>Where guidance is an input of a consistency model: what such models were distilled around.</summary>
    public const double EmbeddedGuidance = 8.5;

    public const int MinSide = TextToImageBounds.MinSide;
    public const int MaxSide = TextToImageBounds.MaxSide;

    public const int MaxPixels = TextToImageBounds.MaxPixels;
    public const int MaxImages = TextToImageBounds.MaxImages;

    public const long MaxSeed = TextToImageBounds.MaxSeed;
}
