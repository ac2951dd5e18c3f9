namespace Rouse.Worker.Weights;

/// <summary>Where a file is fetched. All its connections share what one of them learned.</summary>
internal sealed class FileAddress
{
    private Uri? _movedTo;

    public required HubModel Model { get; init; }

    public required Uri AtHub { get; init; }

    public required long Size { get; init; }

    /// <summary>Where the hub redirected to last; null before, and when that address was refused.</summary>
    public Uri? MovedTo
    {
        get => Volatile.Read(ref _movedTo);
        set => Volatile.Write(ref _movedTo, value);
    }
}
