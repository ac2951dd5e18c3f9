namespace Rouse.Worker.Engines.OnnxDiffusion.Schedulers;

/// <summary>The deterministic sampler of Song and others (2020), equation 12 with η = 0.</summary>
internal sealed class DdimScheduler(SchedulerSettings settings, int steps)
    : Scheduler(Array.ConvertAll(
        Schedulers.Timesteps.Of(settings.Spacing ?? TimestepSpacing.Leading, steps, settings.TrainSteps, settings.StepsOffset), t => Math.Round(t)))
{
    public override void Advance(int step, ReadOnlySpan<float> prediction, Span<float> latent, GaussianNoise noise)
    {
        var timestep = Math.Min((int)Timesteps[step], settings.TrainSteps - 1);
        var before = timestep - (settings.TrainSteps / steps);
        var alpha = settings.Alphas[timestep];
        var next = before >= 0 ? settings.Alphas[before] : settings.SetAlphaToOne ? 1 : settings.Alphas[0];
        var (signal, rest) = (Math.Sqrt(next), Math.Sqrt(1 - next));
        for (var i = 0; i < latent.Length; i++)
        {
            var clean = Clean(settings.Prediction, latent[i], prediction[i], alpha);
            var epsilon = (latent[i] - (Math.Sqrt(alpha) * clean)) / Math.Sqrt(1 - alpha);
            latent[i] = (float)((signal * clean) + (rest * epsilon));
        }
    }
}
