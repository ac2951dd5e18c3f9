namespace Rouse.Gateway.Jobs;

/// <summary>A wait that is bounded by a moment; being cancelled or running out is an answer, not an exception.</summary>
internal readonly struct Waiting(TimeProvider time, TimeSpan longest)
{
    private readonly long _start = time.GetTimestamp();

    public TimeSpan Left => longest - time.GetElapsedTime(_start) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;

    /// <summary>Waits for the task, at most <paramref name="slice"/> and at most until the moment.</summary>
    /// <returns>Whether the task has completed.</returns>
    public async ValueTask<bool> ForAsync(Task task, CancellationToken ct, TimeSpan? slice = null)
    {
        var left = slice is { } s && s < Left ? s : Left;
        if (!task.IsCompleted && left > TimeSpan.Zero) await task.WaitAsync(left, time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return task.IsCompleted;
    }
}
