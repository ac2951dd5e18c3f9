using System.Globalization;
using Rouse.Contracts.Costs;
using Rouse.Core.Analytics;
using Rouse.Core.Deployments;
using Rouse.Server.Features.Deployments;

namespace Rouse.Server.Features.Costs;

/// <summary>From a statement to what <c>/v1</c> shows.</summary>
internal static class CostViews
{
    private const decimal SecondsPerHour = 3600;

    public static DeploymentCost View(DeploymentState row, IReadOnlyList<CapacitySpan> spans, CostStatement statement, CostBill? bill, CacheStatement? cache = null)
    {
        var open = spans.Where(span => span.IsOpen).ToList();
        var stored = open.Sum(span => span.Figures.StoragePerHour) + (cache?.NowUsdPerHour ?? 0);
        return new DeploymentCost
        {
            DeploymentId = row.Id.Value,
            Name = row.Spec.Name,
            Status = row.Phase.Word(),
            Provider = row.Spec.Provider,
            GpuAllocated = row.Offer?.Hardware,
            Region = row.Offer?.Region ?? row.Spec.Region,
            HoursRunning = Math.Round(statement.Running.TotalHours, 6),
            PricePerHourUsd = DeploymentViews.PricePerHour(row),
            EstimatedCostUsd = Dollars(statement.Usd + (cache?.Usd ?? 0)),
            Note = Note(row, spans, statement) + (cache is null ? "" : " " + CacheCosts.Note(row.Spec.Cache, cache.Prices)),
            Parts = [.. statement.Lines.Select(Part), .. cache is null ? [] : CacheCosts.Parts(cache)],
            NowUsdPerHour = Dollars(stored + open.Sum(span => (span.Figures.Starting + span.Figures.Ready) * (span.Figures.PricePerSecond ?? 0) * SecondsPerHour)),
            StorageUsdPerHour = stored > 0 ? Dollars(stored) : null,
            UnobservedSeconds = Math.Round(statement.Unobserved.TotalSeconds, 3),
            SeenUntil = spans.Count > 0 ? spans.Max(span => span.SeenAt) : null,
            Bill = bill,
        };
    }

    /// <summary>To a millionth: a second of the cheapest GPU is a few ten thousandths of a dollar.</summary>
    public static decimal Dollars(decimal usd) => Math.Round(usd, 6);

    private static CostPart Part(CostLine line) => new(
        Word(line.Kind), line.Source == CostSource.Metered ? "metered" : "estimated", Math.Round(line.Length.TotalSeconds, 3),
        line.PricePerHour is { } price ? Dollars(price) : null, line.Usd is { } usd ? Dollars(usd) : null);

    private static string Word(CostKind kind) => kind switch
    {
        CostKind.ColdStart => "cold_start",
        CostKind.FailedStart => "failed_start",
        CostKind.Serving => "serving",
        CostKind.Idle => "idle",
        CostKind.ServingAndIdle => "serving_and_idle",
        CostKind.Storage => "storage",
        CostKind.HibernatedStorage => "hibernated_storage",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    private static string Note(DeploymentState row, IReadOnlyList<CapacitySpan> spans, CostStatement statement)
    {
        if (spans.Count == 0)
        {
            return row.Attempt == 0 && row.Backend is not null
                ? "Nothing is counted here: it uses the backend of an older deployment, which is counted there while that one lives."
                : "Nothing was seen running yet, so nothing is counted.";
        }

        List<string> sentences = ["Workers are counted from when the provider's list first showed them, at the price they were ordered at."];
        var guessed = statement.Lines.Where(line => line.Source == CostSource.Estimated).Aggregate(TimeSpan.Zero, (sum, line) => sum + line.Length);
        if (guessed > TimeSpan.Zero) sentences.Add($"{Seconds(guessed)} are an estimate: nobody looked, and the same ran before and after.");
        if (statement.Unobserved > TimeSpan.Zero) sentences.Add($"{Seconds(statement.Unobserved)} were not observed and are not counted.");
        if (statement.Unpriced > TimeSpan.Zero) sentences.Add($"The price of {Seconds(statement.Unpriced)} is not known, so no sum counts them.");
        return string.Join(' ', sentences);
    }

    private static string Seconds(TimeSpan length) => length.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture) + " s";
}
