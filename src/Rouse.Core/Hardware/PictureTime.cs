namespace Rouse.Core.Hardware;

/// <summary>How long one picture takes on some hardware, and so what it costs there.</summary>
/// <param name="Seconds">The median of the jobs.</param>
/// <param name="Jobs">Jobs it was measured over; 0 for the prior.</param>
public sealed record PictureTime(double Seconds, int Jobs)
{
    /// <summary>
    /// Before anything was measured, 5 s: Stable Diffusion XL takes 3.7 s a picture on an A100 in half precision
    /// (https://huggingface.co/blog/simple_sdxl_optimizations: 14.8 s for four), and GPUs that cost less take longer.
    /// </summary>
    public static PictureTime Prior { get; } = new(5, 0);

    /// <param name="seconds">Of jobs that succeeded, any order.</param>
    public static PictureTime From(IReadOnlyList<double> seconds)
    {
        if (seconds.Count == 0) return Prior;
        var sorted = seconds.Order().ToArray();
        return new PictureTime((sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2, sorted.Length);
    }

    /// <summary>US dollars for 1,000 pictures of a worker that does nothing else.</summary>
    public decimal PricePer1000(decimal pricePerSecond) => pricePerSecond * (decimal)Seconds * 1000;
}
