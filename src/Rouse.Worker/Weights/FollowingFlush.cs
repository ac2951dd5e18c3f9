namespace Rouse.Worker.Weights;

/// <summary>
/// Sends what is written to the disk while more comes, one step at a time. Left alone the system keeps gigabytes in memory on a machine that has them,
/// and the flush at the end would take as long as the disk needs for the whole file.
/// </summary>
/// <param name="flush">Returns once all that was written before is on disk; throws <see cref="IOException"/>.</param>
/// <param name="step">Bytes.</param>
internal sealed class FollowingFlush(Action flush, long step) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private Task _running = Task.CompletedTask;
    private long _waiting;

    /// <summary>So many more are written; from any thread.</summary>
    public void Add(long bytes)
    {
        lock (_gate)
        {
            _waiting += bytes;
            // A fault is told by the system once only, so one that failed stays: the end tells it.
            if (_waiting < step || !_running.IsCompletedSuccessfully) return;
            _waiting = 0;
            _running = Task.Run(flush);
        }
    }

    /// <summary>Once this has ended, everything is on disk. Call it when nothing more is written.</summary>
    public async Task FinishAsync()
    {
        await _running;
        await Task.Run(flush);
    }

    /// <summary>Waits for what is under way: the file may be closed then.</summary>
    public async ValueTask DisposeAsync() => await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
