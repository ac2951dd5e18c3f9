namespace Rouse.Worker.Engines.OnnxDiffusion.Schedulers;

/// <summary>
/// A run's noise levels where the latent is clean + σ·noise (Karras and others, 2022): σ = √((1−ᾱ)/ᾱ) at each timestep, and one more.
/// </summary>
internal sealed record Sigmas(double[] Timesteps, double[] Values, double InitialNoise)
{
    private const double Rho = 7; // ibid., table 1

    public static Sigmas For(SchedulerSettings settings, int steps)
    {
        var trained = Array.ConvertAll(settings.Alphas, alpha => Math.Sqrt((1 - alpha) / alpha));
        var spacing = settings.Spacing ?? TimestepSpacing.Linspace;
        var timesteps = Schedulers.Timesteps.Of(spacing, steps, settings.TrainSteps, settings.StepsOffset);
        var values = Array.ConvertAll(timesteps, t => At(trained, t));
        if (settings.KarrasSigmas && steps > 1)
        {
            values = Karras(values[^1], values[0], steps);
            timesteps = Array.ConvertAll(values, sigma => TimestepOf(trained, sigma));
        }

        // Where the run begins at the noisiest step itself, the latent is noise and nothing else; else it is that step's mix.
        var largest = values.Max();
        var initial = spacing == TimestepSpacing.Leading ? Math.Sqrt((largest * largest) + 1) : largest;
        return new Sigmas(timesteps, [.. values, settings.FinalSigmaIsZero ? 0 : trained[0]], initial);
    }

    private static double At(double[] trained, double timestep)
    {
        var low = Math.Clamp((int)Math.Floor(timestep), 0, trained.Length - 1);
        var high = Math.Min(low + 1, trained.Length - 1);
        return double.Lerp(trained[low], trained[high], Math.Clamp(timestep - low, 0, 1));
    }

    private static double[] Karras(double smallest, double largest, int steps)
    {
        var (from, to) = (Math.Pow(largest, 1 / Rho), Math.Pow(smallest, 1 / Rho));
        return [.. Enumerable.Range(0, steps).Select(i => Math.Pow(double.Lerp(from, to, i / (steps - 1.0)), Rho))];
    }

    /// <summary>The inverse of <see cref="At"/>, on the logarithm of σ.</summary>
    private static double TimestepOf(double[] trained, double sigma)
    {
        var high = Array.FindIndex(trained, s => s >= sigma);
        if (high <= 0) return high == 0 ? 0 : trained.Length - 1;
        var (below, above) = (Math.Log(trained[high - 1]), Math.Log(trained[high]));
        return high - 1 + ((Math.Log(sigma) - below) / (above - below));
    }
}
