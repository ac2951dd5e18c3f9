using Rouse.Contracts.Workers;

namespace Rouse.Worker.Weights;

/// <param name="From">One of <see cref="WeightsOrigins"/>.</param>
/// <param name="Bytes">That were not in the weights cache before.</param>
internal sealed record WeightsOrigin(string From, long Bytes)
{
    public static WeightsOrigin Here { get; } = new(WeightsOrigins.Volume, 0);

    /// <summary>Asked before anything of them is fetched.</summary>
    public static WeightsOrigin Of(string from, RepositoryCache cache, IReadOnlyList<HubFile> files)
    {
        var missing = files.Where(file => !cache.Has(file)).Sum(static file => file.Size);
        return missing == 0 ? Here : new WeightsOrigin(from, missing);
    }

    /// <summary>For people.</summary>
    public override string ToString() => From switch
    {
        WeightsOrigins.HostCache => "from the host's cache, used in place",
        WeightsOrigins.ObjectStore => $"{Bytes} bytes from the object store",
        WeightsOrigins.Hub => $"{Bytes} bytes from the hub",
        _ => "from the volume",
    };
}
