namespace Rouse.Core.Deployments;

/// <summary>How long a start will take, learned from the starts that were.</summary>
/// <param name="Seconds">From accepted to ready.</param>
/// <param name="Basis">What the figure rests on.</param>
public sealed record StartEstimate(int Seconds, EstimateBasis Basis)
{
    /// <summary>Before anything was learned: the seed's own figure for a cold start, 180 s.</summary>
    public static StartEstimate Prior { get; } = new(180, EstimateBasis.Prior);

    /// <summary>The upper quartile of past starts: a promise that three in four keep. Of this model if there were any, else of all.</summary>
    /// <param name="ofModel">Past durations in seconds, any order.</param>
    public static StartEstimate From(IReadOnlyList<double> ofModel, IReadOnlyList<double> ofAll) =>
        ofModel.Count > 0 ? new(Quartile(ofModel), EstimateBasis.Model)
        : ofAll.Count > 0 ? new(Quartile(ofAll), EstimateBasis.AllModels)
        : Prior;

    /// <summary>What is left of it: never 0 while a start is still going on, because then nobody knows.</summary>
    public int Remaining(TimeSpan elapsed) => Math.Max(1, Seconds - (int)elapsed.TotalSeconds);

    private static int Quartile(IReadOnlyList<double> seconds)
    {
        var sorted = seconds.Order().ToArray();
        return Math.Max(1, (int)Math.Ceiling(sorted[(int)Math.Ceiling((sorted.Length - 1) * 0.75)]));
    }
}

public enum EstimateBasis
{
    Model,
    AllModels,
    Prior,
}
