using System.ComponentModel.DataAnnotations;

namespace Rouse.Contracts.Workers;

/// <summary>How long the parts of one worker's start took, by its own clock.</summary>
/// <param name="DownloadingModel">Seconds until the files were there; null where none were to be brought.</param>
/// <param name="LoadingModel">Seconds of the engine's load.</param>
/// <param name="Warming">Seconds of its first run, 0 where it needs none.</param>
/// <param name="WeightsFrom">One of <see cref="WeightsOrigins"/>; null where there was no model to bring.</param>
/// <param name="Bytes">That were fetched for this start: 0 where all of them were there.</param>
public sealed record WorkerPhaseTimes(
    [property: Range(0.0, WorkerPhaseTimes.MaxSeconds)] double? DownloadingModel = null, [property: Range(0.0, WorkerPhaseTimes.MaxSeconds)] double? LoadingModel = null,
    [property: Range(0.0, WorkerPhaseTimes.MaxSeconds)] double? Warming = null,
    [property: AllowedValues(WeightsOrigins.Folder, WeightsOrigins.Volume, WeightsOrigins.HostCache, WeightsOrigins.ObjectStore, WeightsOrigins.Hub)] string? WeightsFrom = null,
    [property: Range(0, WorkerReport.MaxCount)] long? Bytes = null)
{
    /// <summary>A week: longer than any start may take.</summary>
    public const double MaxSeconds = 604_800;
}

/// <summary>Where the weights of a start came from: words of <c>phase_times</c> and <c>cold_start</c>.</summary>
public static class WeightsOrigins
{
    /// <summary>A folder that the deployment names.</summary>
    public const string Folder = "folder";

    /// <summary>An earlier start of some worker left them in the weights cache.</summary>
    public const string Volume = "volume";

    /// <summary>The provider's cache of models on the machine.</summary>
    public const string HostCache = "host_cache";

    public const string ObjectStore = "object_store";
    public const string Hub = "hub";

    public static bool IsKnown(string word) => word is Folder or Volume or HostCache or ObjectStore or Hub;
}
