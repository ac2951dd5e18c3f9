namespace Rouse.Worker.Weights;

/// <summary>Where files come from: the hub, or an object store that holds a copy.</summary>
internal interface IFileSource
{
    FileAddress Address(HubListing listing, HubFile file);

    /// <summary>
    /// Opens bytes <paramref name="start"/> (inclusive) to <paramref name="end"/> (exclusive) of a file. The caller disposes the answer. Throws
    /// <see cref="PassingFault"/> or <see cref="WeightsException"/>.
    /// </summary>
    Task<HttpResponseMessage> OpenAsync(FileAddress file, long start, long end, CancellationToken ct);

    /// <summary>What it means when trying again did not help.</summary>
    WeightsException Unavailable(string why);
}
