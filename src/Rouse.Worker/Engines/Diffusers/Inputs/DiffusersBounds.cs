using Rouse.Contracts.Jobs;

namespace Rouse.Worker.Engines.Diffusers.Inputs;

/// <summary>What a job may ask for beyond <see cref="TextToImageBounds"/>.</summary>
internal static class DiffusersBounds
{
    /// <summary>Pictures of a film: 10 s at 24 a second, and one for models that want a multiple of four or eight plus one.</summary>
    public const int MaxFrames = 241;

    /// <summary>Pictures a second.</summary>
    public const int MaxFramesPerSecond = 60;
    public const int DefaultFramesPerSecond = 8;

    /// <summary>Pixels of a picture sent to be changed: a small file may hold a huge one.</summary>
    public const int MaxInputPixels = 4096 * 4096;

    /// <summary>Seconds of a recording: two hours, which are 460 MB of samples in main memory. A small file may hold days.</summary>
    public const int MaxSoundSeconds = 7_200;

    /// <summary>Characters to be spoken: some five minutes, which models without a memory of their voice do not survive anyway.</summary>
    public const int MaxTextLength = 5_000;

    /// <summary>What distilled models were made for, where the caller leaves it open.</summary>
    public const int DistilledSteps = 4;
}
