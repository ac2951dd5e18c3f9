namespace Rouse.Worker.Engines.OnnxDiffusion.Schedulers;

/// <summary>
/// Euler steps that go further down than asked and then add fresh noise up to the level asked for: σ_down² + σ_up² = σ_next², split as in the
/// ancestral sampling of DDPM (Ho and others, 2020).
/// </summary>
internal sealed class EulerAncestralScheduler : Scheduler
{
    private readonly Sigmas _sigmas;
    private readonly PredictionType _prediction;

    public EulerAncestralScheduler(SchedulerSettings settings, int steps)
        : this(settings, Sigmas.For(settings with { KarrasSigmas = false, FinalSigmaIsZero = true }, steps))
    {
    }

    private EulerAncestralScheduler(SchedulerSettings settings, Sigmas sigmas) : base(sigmas.Timesteps) =>
        (_sigmas, _prediction) = (sigmas, settings.Prediction);

    public override double InitialNoise => _sigmas.InitialNoise;

    public override double InputScale(int step) => 1 / Math.Sqrt((_sigmas.Values[step] * _sigmas.Values[step]) + 1);

    public override void Advance(int step, ReadOnlySpan<float> prediction, Span<float> latent, GaussianNoise noise)
    {
        var (sigma, next, scale) = (_sigmas.Values[step], _sigmas.Values[step + 1], InputScale(step));
        var up = Math.Sqrt(next * next * ((sigma * sigma) - (next * next)) / (sigma * sigma));
        var down = Math.Sqrt((next * next) - (up * up));
        for (var i = 0; i < latent.Length; i++)
        {
            var clean = Clean(_prediction, latent[i] * scale, prediction[i], scale * scale);
            var moved = latent[i] + ((latent[i] - clean) / sigma * (down - sigma));
            latent[i] = (float)(up > 0 ? moved + (up * noise.Next()) : moved);
        }
    }
}
