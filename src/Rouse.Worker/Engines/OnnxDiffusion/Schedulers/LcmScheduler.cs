namespace Rouse.Worker.Engines.OnnxDiffusion.Schedulers;

/// <summary>Sampling of a latent consistency model (Luo and others, 2023, algorithm 3): guess the end, add noise for the next step.</summary>
internal sealed class LcmScheduler(SchedulerSettings settings, int steps) : Scheduler(Choose(settings, steps))
{
    private const double DataDeviation = 0.5; // ibid., §4.1

    public override void Advance(int step, ReadOnlySpan<float> prediction, Span<float> latent, GaussianNoise noise)
    {
        var alpha = settings.Alphas[(int)Timesteps[step]];
        var scaled = Timesteps[step] * settings.TimestepScaling;
        var length = (scaled * scaled) + (DataDeviation * DataDeviation);
        var (skip, model) = (DataDeviation * DataDeviation / length, scaled / Math.Sqrt(length));
        var last = step == Timesteps.Count - 1;
        var next = last ? 1 : settings.Alphas[(int)Timesteps[step + 1]];
        for (var i = 0; i < latent.Length; i++)
        {
            var guess = (model * Clean(settings.Prediction, latent[i], prediction[i], alpha)) + (skip * latent[i]);
            latent[i] = (float)(last ? guess : (Math.Sqrt(next) * guess) + (Math.Sqrt(1 - next) * noise.Next()));
        }
    }

    /// <summary>Evenly among the timesteps the model was distilled at, starting from the noisiest.</summary>
    private static double[] Choose(SchedulerSettings settings, int steps)
    {
        var stride = settings.TrainSteps / settings.OriginalSteps;
        return [.. Enumerable.Range(0, steps).Select(i => (settings.OriginalSteps - (i * settings.OriginalSteps / steps)) * (double)stride - 1)];
    }
}
