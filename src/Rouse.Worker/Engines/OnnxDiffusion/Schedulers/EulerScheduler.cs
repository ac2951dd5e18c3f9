namespace Rouse.Worker.Engines.OnnxDiffusion.Schedulers;

/// <summary>Euler's method on the probability-flow equation dx/dσ = (x − clean)/σ (Karras and others, 2022, §3).</summary>
internal sealed class EulerScheduler : Scheduler
{
    private readonly Sigmas _sigmas;
    private readonly PredictionType _prediction;

    public EulerScheduler(SchedulerSettings settings, int steps) : this(settings, Sigmas.For(settings, steps))
    {
    }

    private EulerScheduler(SchedulerSettings settings, Sigmas sigmas) : base(sigmas.Timesteps) =>
        (_sigmas, _prediction) = (sigmas, settings.Prediction);

    public override double InitialNoise => _sigmas.InitialNoise;

    public override double InputScale(int step) => 1 / Math.Sqrt((_sigmas.Values[step] * _sigmas.Values[step]) + 1);

    public override void Advance(int step, ReadOnlySpan<float> prediction, Span<float> latent, GaussianNoise noise)
    {
        var (sigma, next, scale) = (_sigmas.Values[step], _sigmas.Values[step + 1], InputScale(step));
        for (var i = 0; i < latent.Length; i++)
        {
            var clean = Clean(_prediction, latent[i] * scale, prediction[i], scale * scale);
            latent[i] = (float)(latent[i] + ((latent[i] - clean) / sigma * (next - sigma)));
        }
    }
}
