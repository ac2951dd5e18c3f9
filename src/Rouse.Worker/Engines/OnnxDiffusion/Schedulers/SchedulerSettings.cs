namespace Rouse.Worker.Engines.OnnxDiffusion.Schedulers;

/// <summary>What <c>scheduler_config.json</c> says, with diffusers' defaults for what it leaves out.</summary>
internal sealed record SchedulerSettings
{
    public SchedulerKind Kind { get; init; } = SchedulerKind.Euler;
    public int TrainSteps { get; init; } = 1000;

    /// <summary>ᾱ of each training step: the share of signal left in a latent's variance, falling from nearly 1 to nearly 0.</summary>
    public required double[] Alphas { get; init; }
    public PredictionType Prediction { get; init; } = PredictionType.Epsilon;

    /// <summary>Null: the running scheduler's own habit, which is linspace for the Euler pair and leading for DDIM.</summary>
    public TimestepSpacing? Spacing { get; init; }
    public int StepsOffset { get; init; }
    public bool SetAlphaToOne { get; init; } = true;

    /// <summary>Whether the last sigma is 0 (default) or the schedule's smallest.</summary>
    public bool FinalSigmaIsZero { get; init; } = true;
    public bool KarrasSigmas { get; init; }

    /// <summary>The noise at the last training step hides everything; such models are not turbo models though they space trailing.</summary>
    public bool ZeroTerminalSnr { get; init; }

    /// <summary>LCM: how many steps of its teacher it was distilled over; an LCM run takes at most as many.</summary>
    public int OriginalSteps { get; init; } = 50;
    public double TimestepScaling { get; init; } = 10;
}
