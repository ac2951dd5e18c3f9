namespace Rouse.Contracts.Jobs;

/// <summary>What a text-to-image job may ask for. The worker refuses what is beyond; doors in front of jobs refuse it before a job is made of it.</summary>
public static class TextToImageBounds
{
    /// <summary>Characters. The model reads 77 tokens; more than this is a mistake, not a prompt.</summary>
    public const int MaxPromptLength = 2000;

    /// <summary>Model runs for a picture. Beyond this no published scheduler improves.</summary>
    public const int MaxSteps = 150;

    /// <summary>Beyond this guidance only saturates.</summary>
    public const double MaxGuidance = 30;

    /// <summary>Pixels along a side.</summary>
    public const int MinSide = 64;
    public const int MaxSide = 2048;

    /// <summary>Every side is a multiple of it: pixels of one latent of the smallest known kind.</summary>
    public const int SideStep = 8;

    /// <summary>Pixels of one picture: 1536 × 1536. Attention's memory grows with the square of this.</summary>
    public const int MaxPixels = 1536 * 1536;

    /// <summary>Pictures of one job.</summary>
    public const int MaxImages = 4;

    /// <summary>The largest whole number that every JSON reader keeps exact: 2^53 − 1.</summary>
    public const long MaxSeed = (1L << 53) - 1;

    /// <summary>Words of the schedulers that the engine has.</summary>
    public static IReadOnlyList<string> Schedulers { get; } = ["euler", "euler_ancestral", "ddim", "lcm"];
}
