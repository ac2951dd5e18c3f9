namespace Rouse.Worker.Engines.OnnxDiffusion.Schedulers;

/// <summary>
/// Walks a latent from noise to a picture. Stateless between steps, so one object serves every image of a job; all randomness comes in with
/// the image's own <see cref="GaussianNoise"/>.
/// </summary>
internal abstract class Scheduler(double[] timesteps)
{
    /// <summary>The training step each step of the run stands for, noisiest first; may lie between two.</summary>
    public IReadOnlyList<double> Timesteps => timesteps;

    /// <summary>Standard deviation of the latent that a run starts from.</summary>
    public virtual double InitialNoise => 1;

    /// <summary>The factor that makes a step's latent what the model was trained to see.</summary>
    public virtual double InputScale(int step) => 1;

    /// <summary>Takes the model's prediction for a step and moves the latent one step on, in place.</summary>
    public abstract void Advance(int step, ReadOnlySpan<float> prediction, Span<float> latent, GaussianNoise noise);

    public static Scheduler Create(SchedulerSettings settings, int steps) => settings.Kind switch
    {
        SchedulerKind.Euler => new EulerScheduler(settings, steps),
        SchedulerKind.EulerAncestral => new EulerAncestralScheduler(settings, steps),
        SchedulerKind.Ddim => new DdimScheduler(settings, steps),
        SchedulerKind.Lcm => new LcmScheduler(settings, steps),
        _ => throw new ArgumentOutOfRangeException(nameof(settings)),
    };

    /// <summary>The clean latent a prediction implies for <paramref name="seen"/> = √ᾱ·clean + √(1−ᾱ)·noise.</summary>
    protected static double Clean(PredictionType type, double seen, double prediction, double alpha) => type switch
    {
        PredictionType.Epsilon => (seen - (Math.Sqrt(1 - alpha) * prediction)) / Math.Sqrt(alpha),
        PredictionType.Velocity => (Math.Sqrt(alpha) * seen) - (Math.Sqrt(1 - alpha) * prediction),
        PredictionType.Sample => prediction,
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };
}
