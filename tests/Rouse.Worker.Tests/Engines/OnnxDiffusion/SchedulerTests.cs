using Rouse.Worker.Engines.OnnxDiffusion;
using Rouse.Worker.Engines.OnnxDiffusion.Schedulers;

namespace Rouse.Worker.Tests.Engines.OnnxDiffusion;

/// <summary>
/// One number walked down each schedule, with a model that answers 0.3 x − 0.2 + t/2000. The expected walks were computed in Python with NumPy
/// from the papers' formulas; noise comes from seed 42 (<see cref="GaussianNoiseTests"/>).
/// </summary>
public sealed class SchedulerTests
{
    private const double Start = 1.5; // times the scheduler's initial noise

    [Fact]
    public void Alphas_OfEachBetaSchedule_AreThePublishedOnes()
    {
        Check(Settings().Alphas, 0.99915, 0.2763326838229746, 0.004660098513077238);
        Check(Betas.Alphas(Betas.Make("linear", 1000, 0.0001, 0.02)!), 0.9999, 0.07779665836502389, 4.035829765375676e-05);
        Check(Betas.Alphas(Betas.Make("squaredcos_cap_v2", 1000, 0, 0)!), 0.999958715775178, 0.49228517244880227, 2.4287669070348484e-09);
        Check(Betas.WithZeroTerminalSnr(Settings().Alphas), 0.99915, 0.24101878275731575, 1.0 / (1 << 24));
        Assert.Null(Betas.Make("sigmoid", 1000, 0.1, 0.2));

        static void Check(double[] alphas, double first, double middle, double last)
        {
            Assert.Equal(first, alphas[0], 1e-9);
            Assert.Equal(middle, alphas[500], 1e-9);
            Assert.Equal(last, alphas[^1], 1e-9);
        }
    }

    [Theory]
    [InlineData("Leading", 4, 1, 751, 501, 251, 1)]
    [InlineData("Leading", 1, 0, 0)]
    [InlineData("Trailing", 3, 0, 999, 666, 332)]
    [InlineData("Trailing", 7, 0, 999, 856, 713, 570, 428, 285, 142)]
    [InlineData("Trailing", 1, 0, 999)]
    [InlineData("Linspace", 4, 0, 999, 666, 333, 0)]
    [InlineData("Linspace", 1, 0, 999)]
    public void Timesteps_AreThoseOfTheSpacing(string spacing, int steps, int offset, params int[] expected) =>
        Assert.Equal(expected.Select(t => (double)t), Timesteps.Of(Enum.Parse<TimestepSpacing>(spacing), steps, 1000, offset));

    [Theory]
    [InlineData("Leading", 1, 6.354618578686599, 4.795244327887593, 4.050481744190569, 3.4448251489085426, 3.4104074886078926)]
    [InlineData("Trailing", 0, 21.921961844000457, 13.167837612293921, 10.356154620744876, 8.272905148715806)]
    [InlineData("Linspace", 0, 21.921961844000457, 13.167837612293921, 10.360598164324484, 8.337580183210623, 8.27048957138939)]
    public void Euler_WalksAsComputed(string spacing, int offset, params double[] expected) =>
        Walk(Settings() with { Spacing = Enum.Parse<TimestepSpacing>(spacing), StepsOffset = offset }, expected);

    [Fact]
    public void Euler_OnVelocityPredictions_WalksAsComputed() => Walk(
        Settings() with { Prediction = PredictionType.Velocity },
        6.354618578686599, 2.352697531462586, 1.1765644844571275, 0.6978895360612296, 0.6963004220473998);

    [Fact]
    public void Euler_OnKarrasSigmas_WalksAsComputed()
    {
        var settings = Settings() with { KarrasSigmas = true };
        Walk(settings, 6.354618578686594, 4.535714940295476, 3.7190574410538457, 3.5076568164780877, 3.472461063929486);
        Assert.Equal([751, 411.41532015994017, 69.40329033161952, 1], Scheduler.Create(settings, 4).Timesteps.Select(t => Math.Round(t, 10)), Close);
    }

    [Fact]
    public void EulerAncestral_WalksAsComputed() => Walk(
        Settings() with { Kind = SchedulerKind.EulerAncestral },
        6.354618578686599, 3.727714325759033, 3.066719700102117, 2.649050035408589, 2.6244870625749197);

    [Fact]
    public void Ddim_WalksAsComputed()
    {
        var ddim = Settings() with { Kind = SchedulerKind.Ddim, SetAlphaToOne = false };
        Walk(ddim, 1.5, 2.514643073667984, 3.3207811533254663, 3.4418889544993014, 3.433245616158356);
        Walk(ddim with { SetAlphaToOne = true }, 1.5, 2.514643073667984, 3.3207811533254663, 3.4418889544993014, 3.410407488607892);
        Walk(ddim with { Prediction = PredictionType.Velocity }, 1.5, 1.2337629007809838, 0.9646045612379629, 0.6972946903824293, 0.6971258376345778);
        Walk(ddim with { Spacing = TimestepSpacing.Trailing, StepsOffset = 0 }, 1.5, 4.281137622487168, 7.600860003676397, 8.350481383321247);
        Walk(ddim with { Spacing = TimestepSpacing.Linspace }, 1.5, 3.3501484454818438, 5.31298616920137, 6.011656537305462, 6.011656537305462);
    }

    [Fact]
    public void Lcm_WalksAsComputed()
    {
        var lcm = Settings() with { Kind = SchedulerKind.Lcm };
        Walk(lcm, 1.5, 2.2227429727644807, 3.4709392556927883, 4.703681307998025, 4.8299268783094575);
        Walk(lcm, 1.5, 11.019546705351262);
        Assert.Equal([999, 759, 499, 259], Scheduler.Create(lcm, 4).Timesteps);
        Assert.Equal([999, 679, 339], Scheduler.Create(lcm, 3).Timesteps);
    }

    private static bool Close(double a, double b) => Math.Abs(a - b) < 1e-6;

    private static SchedulerSettings Settings() => new()
    {
        Alphas = Betas.Alphas(Betas.Make("scaled_linear", 1000, 0.00085, 0.012)!),
        Spacing = TimestepSpacing.Leading,
        StepsOffset = 1,
    };

    private static void Walk(SchedulerSettings settings, params double[] expected)
    {
        var steps = expected.Length - 1;
        var scheduler = Scheduler.Create(settings, steps);
        var noise = new GaussianNoise(42);
        float[] x = [(float)(Start * scheduler.InitialNoise)];
        var walked = new List<double> { x[0] };
        for (var step = 0; step < steps; step++)
        {
            var seen = x[0] * scheduler.InputScale(step);
            scheduler.Advance(step, [(float)((0.3 * seen) - 0.2 + (scheduler.Timesteps[step] / 2000))], x, noise);
            walked.Add(x[0]);
        }

        Assert.Equal(expected, walked, (a, b) => Math.Abs(a - b) < 2e-5 * Math.Max(1, Math.Abs(a)));
    }
}
