namespace Rouse.Worker.Engines.OnnxDiffusion.Schedulers;

/// <summary>The noise added at each training step, and what is left of the signal after it.</summary>
internal static class Betas
{
    private const double CosineOffset = 0.008, CosineCap = 0.999; // Nichol and Dhariwal, 2021, §3.2

    /// <summary><paramref name="schedule"/> as diffusers spells it; null for a word it does not know.</summary>
    public static double[]? Make(string schedule, int steps, double start, double end) => schedule switch
    {
        "linear" => Line(steps, start, end),
        "scaled_linear" => [.. Line(steps, Math.Sqrt(start), Math.Sqrt(end)).Select(root => root * root)],
        "squaredcos_cap_v2" => [.. Enumerable.Range(0, steps).Select(t => CosineBeta(t, steps))],
        _ => null,
    };

    public static double[] Alphas(ReadOnlySpan<double> betas)
    {
        var alphas = new double[betas.Length];
        var product = 1.0;
        for (var t = 0; t < alphas.Length; t++) alphas[t] = product *= 1 - betas[t];
        return alphas;
    }

    /// <summary>
    /// Shifts and scales √ᾱ so that the last step holds no signal at all (Lin and others, 2023, algorithm 1). The last ᾱ is set a hair above
    /// zero, because the Euler schedulers divide by it.
    /// </summary>
    public static double[] WithZeroTerminalSnr(ReadOnlySpan<double> alphas)
    {
        const double hair = 1.0 / (1 << 24);
        var (first, last) = (Math.Sqrt(alphas[0]), Math.Sqrt(alphas[^1]));
        var result = new double[alphas.Length];
        for (var t = 0; t < result.Length; t++) result[t] = Math.Pow((Math.Sqrt(alphas[t]) - last) * first / (first - last), 2);
        result[^1] = hair;
        return result;
    }

    private static double[] Line(int steps, double start, double end) =>
        [.. Enumerable.Range(0, steps).Select(t => steps == 1 ? start : start + ((end - start) * t / (steps - 1)))];

    private static double CosineBeta(int t, int steps) => Math.Min(1 - (Cosine((t + 1.0) / steps) / Cosine((double)t / steps)), CosineCap);

    private static double Cosine(double t) => Math.Pow(Math.Cos((t + CosineOffset) / (1 + CosineOffset) * Math.PI / 2), 2);
}
