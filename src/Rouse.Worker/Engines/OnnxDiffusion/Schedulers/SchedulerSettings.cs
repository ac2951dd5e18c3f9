namespace Rouse.Worker.Engines.OnnxDiffusion.Schedulers;

internal enum SchedulerKind
{
    Euler,
    EulerAncestral,
    Ddim,
    Lcm,
}

internal enum TimestepSpacing
{
    Leading,
    Trailing,
    Linspace,
}

/// <summary>What the model was trained to predict from a noisy latent.</summary>
internal enum PredictionType
{
    /// <summary>The noise in it.</summary>
    Epsilon,

    /// <summary>√ā·noise − √(1−ā)·clean (Salimans and Ho, 2022).</summary>
    Velocity,

    /// <summary>The clean latent.</summary>
    Sample,
}

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

/// <summary>The words the job input and its answer use.</summary>
internal static class SchedulerKinds
{
    public static IReadOnlyDictionary<string, SchedulerKind> Names { get; } = new Dictionary<string, SchedulerKind>(StringComparer.Ordinal)
    {
        ["euler"] = SchedulerKind.Euler,
        ["euler_ancestral"] = SchedulerKind.EulerAncestral,
        ["ddim"] = SchedulerKind.Ddim,
        ["lcm"] = SchedulerKind.Lcm,
    };

    public static string Word(this SchedulerKind kind) => Names.First(pair => pair.Value == kind).Key;
}
