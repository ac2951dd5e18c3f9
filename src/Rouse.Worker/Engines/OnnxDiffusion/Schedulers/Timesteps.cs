namespace Rouse.Worker.Engines.OnnxDiffusion.Schedulers;

/// <summary>Which of the training steps a run visits, noisiest first (Lin and others, 2023, table 2).</summary>
internal static class Timesteps
{
    public static double[] Of(TimestepSpacing spacing, int steps, int trainSteps, int offset) => spacing switch
    {
        TimestepSpacing.Leading => [.. Enumerable.Range(0, steps).Select(i => (double)(((steps - 1 - i) * (trainSteps / steps)) + offset))],
        TimestepSpacing.Trailing => [.. Enumerable.Range(0, steps).Select(i => Math.Round(trainSteps - (i * (double)trainSteps / steps)) - 1)],
        TimestepSpacing.Linspace when steps == 1 => [trainSteps - 1], // a single step from the noisiest; the formula below says 0/0
        TimestepSpacing.Linspace => [.. Enumerable.Range(0, steps).Select(i => (trainSteps - 1.0) * (steps - 1 - i) / (steps - 1))],
        _ => throw new ArgumentOutOfRangeException(nameof(spacing)),
    };
}
