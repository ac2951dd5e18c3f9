namespace Rouse.Worker.Engines.OnnxDiffusion.Inputs;

/// <summary>The bounds of a text-to-image job's input, and its defaults.</summary>
internal static class InputLimits
{
    /// <summary>Characters. The model reads 77 tokens; more than this is a mistake, not a prompt.</summary>
    public const int MaxPromptLength = 2000;

    /// <summary>Model runs for a picture. Beyond this no published scheduler improves.</summary>
    public const int MaxSteps = 150;
    public const int StandardSteps = 28;
    public const int DistilledSteps = 4;

    /// <summary>Beyond this guidance only saturates.</summary>
    public const double MaxGuidance = 30;
    public const double StandardGuidance = 3.5;

    /// <summary>Where guidance is an input of a consistency model: what such models were distilled around.</summary>
    public const double EmbeddedGuidance = 8.5;

    /// <summary>Pixels along a side.</summary>
    public const int MinSide = 64;
    public const int MaxSide = 2048;

    /// <summary>Pixels of one picture: 1536 × 1536. Attention's memory grows with the square of this.</summary>
    public const int MaxPixels = 1536 * 1536;
    public const int MaxImages = 4;

    /// <summary>The largest whole number that every JSON reader keeps exact: 2^53 − 1.</summary>
    public const long MaxSeed = (1L << 53) - 1;
}
