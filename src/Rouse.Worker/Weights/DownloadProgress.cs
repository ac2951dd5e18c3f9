namespace Rouse.Worker.Weights;

/// <summary>Adds up bytes from many connections and tells them now and then.</summary>
/// <param name="tell">Gets the bytes that are here and all that are wanted.</param>
internal sealed class DownloadProgress(long total, Action<long, long> tell, TimeProvider time)
{
    /// <summary>Shortest time between two reports: twice a second is as fast as people read.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    private readonly Lock _gate = new();
    private long _done;
    private long _told = time.GetTimestamp() - time.TimestampFrequency;

    /// <param name="bytes">Negative when what had come proved wrong.</param>
    public void Add(long bytes)
    {
        var done = Interlocked.Add(ref _done, bytes);
        lock (_gate)
        {
            if (done < total && time.GetElapsedTime(_told) < Interval) return;
            _told = time.GetTimestamp();
        }

        tell(done, total);
    }
}
