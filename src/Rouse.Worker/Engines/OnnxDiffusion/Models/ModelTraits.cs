using Rouse.Worker.Engines.OnnxDiffusion.Schedulers;

namespace Rouse.Worker.Engines.OnnxDiffusion.Models;

/// <summary>How a model wants to be run; decides the defaults of a job's input.</summary>
internal enum Pace
{
    Standard,

    /// <summary>Distilled to one to four steps without guidance: an Euler schedule spaced trailing (SD-Turbo).</summary>
    Turbo,

    /// <summary>A latent consistency model.</summary>
    Consistency,
}

/// <summary>What the input reader must know of a model.</summary>
internal sealed record ModelTraits
{
    public required SchedulerSettings Scheduler { get; init; }

    /// <summary>Pixels; the side of the pictures the model was trained on.</summary>
    public required int DefaultWidth { get; init; }

    public required int DefaultHeight { get; init; }

    /// <summary>Pixels, where the export is fixed to one size.</summary>
    public int? FixedWidth { get; init; }

    public int? FixedHeight { get; init; }

    /// <summary>Pixels along a side for each latent: width and height must be multiples of it.</summary>
    public required int PixelsPerLatent { get; init; }

    public bool TakesGuidance { get; init; }

    public Attention Attention { get; init; }

    public Pace Pace => Scheduler.Kind switch
    {
        SchedulerKind.Lcm => Pace.Consistency,
        SchedulerKind.Euler or SchedulerKind.EulerAncestral
            when Scheduler is { Spacing: TimestepSpacing.Trailing, ZeroTerminalSnr: false, Prediction: PredictionType.Epsilon } => Pace.Turbo,
        _ => Pace.Standard,
    };
}
