using Rouse.Worker.Engines.OnnxDiffusion.Schedulers;

namespace Rouse.Worker.Engines.OnnxDiffusion.Inputs;

/// <summary>A job's input with every default filled in and every bound checked.</summary>
internal sealed record TextToImageInput
{
    public required string Prompt { get; init; }
    public required string NegativePrompt { get; init; }
    public required int Steps { get; init; }
    public required double GuidanceScale { get; init; }
    public required int Width { get; init; }
    public required int Height { get; init; }

    /// <summary>Of the first picture; each further one counts up by one.</summary>
    public required long Seed { get; init; }
    public required int Images { get; init; }
    public required SchedulerKind Scheduler { get; init; }
}
