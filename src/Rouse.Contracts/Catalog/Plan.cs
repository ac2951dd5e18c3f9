using System.Text.Json.Serialization;

namespace Rouse.Contracts.Catalog;

/// <summary>Answer of <c>POST /v1/plan</c>: what a deployment would need, get and cost. Nothing was created.</summary>
public sealed record PlanReply
{
    public required string ModelId { get; init; }

    /// <summary>The commit that was looked at; null for a folder, and when the hub did not tell.</summary>
    public string? Commit { get; init; }

    public required string Provider { get; init; }

    /// <summary>Null for a service.</summary>
    public string? Task { get; init; }

    /// <summary>What its workers would run it with; null for a service, and when nothing here serves it.</summary>
    public string? Engine { get; init; }

    public string? GpuTier { get; init; }

    public string? Region { get; init; }

    /// <summary>Whether it would be started now, on the first of <see cref="Offers"/>.</summary>
    public required bool Fits { get; init; }

    /// <summary>Why not, as the code with which the deployment would fail or wait.</summary>
    public string? ErrorCode { get; init; }

    public string? Error { get; init; }

    /// <summary>With an error: whether waiting may help.</summary>
    public bool? Retryable { get; init; }

    /// <summary>Null when the model could not be sized.</summary>
    public ModelNeed? Need { get; init; }

    /// <summary>What it would be tried on, in this order.</summary>
    public required IReadOnlyList<PlannedOffer> Offers { get; init; }

    public required ColdStart ColdStart { get; init; }

    /// <summary>Of the account it would run on; null when the provider does not tell.</summary>
    public AccountBalance? Balance { get; init; }
}

/// <param name="LeftUsd">US dollars.</param>
/// <param name="SpendPerHourUsd">What everything that runs there now costs.</param>
public sealed record AccountBalance(decimal LeftUsd, decimal SpendPerHourUsd);

/// <param name="VramGb">GPU memory, GB.</param>
/// <param name="Basis">How the figure came.</param>
/// <param name="WeightBytes">Of the files that are loaded.</param>
/// <param name="DownloadBytes">Of the whole repository: more than is fetched.</param>
/// <param name="Parameters">By the type they are stored in; null when not known.</param>
public sealed record ModelNeed(int VramGb, string Basis, long WeightBytes, long DownloadBytes, IReadOnlyDictionary<string, long>? Parameters);

/// <summary>An offer, and what pictures cost on it.</summary>
public sealed record PlannedOffer : GpuOffer
{
    /// <summary>US dollars for 1,000 jobs of one picture each while the worker is busy. Starts and idle time come on top.</summary>
    [JsonPropertyName("price_per_1000_images_usd")]
    public required decimal PricePer1000ImagesUsd { get; init; }

    public required double SecondsPerImage { get; init; }

    /// <summary><c>measured</c>: the median of this model's recent jobs on this hardware. <c>prior</c>: an assumption; none were measured.</summary>
    public required string ImagesBasis { get; init; }

    /// <summary>Jobs it rests on.</summary>
    public required int MeasuredJobs { get; init; }
}

/// <param name="EstimatedReadySeconds">From accepted to ready.</param>
/// <param name="Basis"><c>model</c>, <c>all_models</c> or <c>prior</c>: what the estimate rests on, all of it at this provider.</param>
/// <param name="Measured">What the worker's part of it took in the past; null where no start of the model at this provider was measured.</param>
public sealed record ColdStart(int EstimatedReadySeconds, string Basis, MeasuredStart? Measured = null);

/// <summary>Medians over past starts of one model at one provider, in seconds. A part is null where no start had it.</summary>
/// <param name="Starts">How many.</param>
/// <param name="TotalS">Of each start's parts together; the parts' medians need not add up to it.</param>
public sealed record MeasuredStart(int Starts, double? DownloadingModelS, double? LoadingModelS, double? WarmingS, double TotalS);
