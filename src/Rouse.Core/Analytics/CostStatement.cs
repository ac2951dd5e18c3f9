using Rouse.Core.Deployments;

namespace Rouse.Core.Analytics;

/// <summary>What a deployment pays for.</summary>
public enum CostKind
{
    /// <summary>Workers on their way to ready, the first time and at each wake.</summary>
    ColdStart,

    /// <summary>The same in an attempt that never became ready.</summary>
    FailedStart,

    /// <summary>Ready workers while they had a job.</summary>
    Serving,

    /// <summary>Ready workers without a job.</summary>
    Idle,

    /// <summary>Ready workers, where nobody knows how long they had jobs.</summary>
    ServingAndIdle,

    /// <summary>What is stored beside running workers.</summary>
    Storage,

    /// <summary>What is stored while no worker runs.</summary>
    HibernatedStorage,
}

public enum CostSource
{
    /// <summary>Watched while it ran, at the price it was ordered at.</summary>
    Metered,

    /// <summary>Nobody watched; before and after, the same ran.</summary>
    Estimated,
}

/// <param name="Length">Worker time; for storage the time it was stored.</param>
/// <param name="PricePerHour">US dollars; null when nobody knows it.</param>
public sealed record CostLine(CostKind Kind, CostSource Source, TimeSpan Length, decimal? PricePerHour)
{
    private const decimal TicksPerHour = TimeSpan.TicksPerHour;

    public bool IsStorage => Kind is CostKind.Storage or CostKind.HibernatedStorage;

    public decimal? Usd => PricePerHour * Length.Ticks / TicksPerHour;
}

/// <summary>A deployment's cost so far, from its spans. Pure.</summary>
/// <param name="Lines">One for each kind, source and price.</param>
/// <param name="Unobserved">How long backends may have lived without anybody looking. No line counts it.</param>
public sealed record CostStatement(IReadOnlyList<CostLine> Lines, TimeSpan Unobserved)
{
    private const decimal SecondsPerHour = 3600;

    public decimal Usd => Lines.Sum(line => line.Usd ?? 0);

    /// <summary>Worker time.</summary>
    public TimeSpan Running => Sum(Lines.Where(line => !line.IsStorage));

    /// <summary>Worker time whose price nobody knows.</summary>
    public TimeSpan Unpriced => Sum(Lines.Where(line => line.PricePerHour is null));

    /// <param name="wasReady">Attempts that became ready.</param>
    /// <param name="busy">How long workers had jobs; null when that is not known.</param>
    public static CostStatement From(IReadOnlyList<CapacitySpan> spans, DeploymentState row, IReadOnlySet<int> wasReady, TimeSpan? busy)
    {
        var lines = spans.SelectMany(span => Of(span, IsFailed(span.Attempt) ? CostKind.FailedStart : CostKind.ColdStart))
            .GroupBy(line => (line.Kind, line.Source, line.PricePerHour))
            .Select(group => new CostLine(group.Key.Kind, group.Key.Source, Sum(group), group.Key.PricePerHour))
            .Where(line => line.Length > TimeSpan.Zero)
            .OrderBy(line => line.Kind).ThenBy(line => line.Source).ThenBy(line => line.PricePerHour);
        return new CostStatement([.. Split([.. lines], busy)], Sum(spans.Select(span => span.Unobserved)));

        bool IsFailed(int attempt) =>
            !wasReady.Contains(attempt) && (attempt < row.Attempt || row.Phase.IsEnded() || row.Outcome is AttemptOutcome.Refused or AttemptOutcome.Lost);
    }

    private static IEnumerable<CostLine> Of(CapacitySpan span, CostKind start)
    {
        var figures = span.Figures;
        var price = figures.PricePerSecond * SecondsPerHour;
        foreach (var (source, length) in new[] { (CostSource.Metered, span.Length - span.Guessed), (CostSource.Estimated, span.Guessed) })
        {
            if (figures.Starting > 0) yield return new CostLine(start, source, length * figures.Starting, price);
            if (figures.Ready > 0) yield return new CostLine(CostKind.ServingAndIdle, source, length * figures.Ready, price);
            if (figures.StoragePerHour == 0) continue;
            var stored = figures.Starting + figures.Ready > 0 ? CostKind.Storage : CostKind.HibernatedStorage;
            yield return new CostLine(stored, source, length, figures.StoragePerHour);
        }
    }

    /// <summary>Jobs say how long workers served, not at which price: with two prices, or a guess, nobody knows what the serving cost.</summary>
    private static IEnumerable<CostLine> Split(IReadOnlyList<CostLine> lines, TimeSpan? busy)
    {
        if (busy is not { } served || lines.Where(line => line.Kind == CostKind.ServingAndIdle).ToList() is not [{ Source: CostSource.Metered } both]) return lines;
        if (served > both.Length) served = both.Length;
        IEnumerable<CostLine> parts = [both with { Kind = CostKind.Serving, Length = served }, both with { Kind = CostKind.Idle, Length = both.Length - served }];
        return lines.SelectMany(line => line == both ? parts.Where(part => part.Length > TimeSpan.Zero) : [line]);
    }

    private static TimeSpan Sum(IEnumerable<CostLine> lines) => Sum(lines.Select(line => line.Length));

    private static TimeSpan Sum(IEnumerable<TimeSpan> lengths) => lengths.Aggregate(TimeSpan.Zero, (sum, length) => sum + length);
}
