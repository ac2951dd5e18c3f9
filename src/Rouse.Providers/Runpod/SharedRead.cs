namespace Rouse.Providers.Runpod;

/// <summary>
/// One reading that serves everybody who asks: one call is under way at most, its result is used again for a while, and two calls begin some time
/// apart. A caller's token ends its own wait only. Thread-safe.
/// </summary>
/// <param name="freshness">How long a result is used, counted from when its call began.</param>
/// <param name="spacing">From one call's begin to the next one's at least.</param>
internal sealed class SharedRead<T>(Func<Task<T>> read, TimeSpan freshness, TimeSpan spacing, TimeProvider time)
    where T : class
{
    private readonly Lock _gate = new();
    private Task<T>? _latest;
    private long? _begunAt;

    /// <summary>The latest reading has its time and has not begun: it will see every change made until then.</summary>
    private bool _isAhead;

    public Task<T> GetAsync(CancellationToken ct)
    {
        lock (_gate)
        {
            var isUsable = _latest is { IsCompleted: false } || (_latest is { IsCompletedSuccessfully: true } && time.GetElapsedTime(_begunAt!.Value) < freshness);
            if (!isUsable) _latest = BeginAsync();
            return _latest!.WaitAsync(ct);
        }
    }

    /// <summary>What was read, or is being read now, may miss a change: whoever asks from now on gets a later reading.</summary>
    public void Forget()
    {
        // One that is still ahead is late enough. Were another put behind it, many changes would push the list away for minutes.
        lock (_gate) _latest = _isAhead ? _latest : null;
    }

    private Task<T> BeginAsync()
    {
        var wait = _begunAt is { } before ? spacing - time.GetElapsedTime(before) : TimeSpan.Zero;
        if (wait < TimeSpan.Zero) wait = TimeSpan.Zero;
        _isAhead = true;
        _begunAt = time.GetTimestamp() + (long)(wait.TotalSeconds * time.TimestampFrequency);
        var reading = ReadAsync(wait > TimeSpan.Zero ? Task.Delay(wait, time) : Task.CompletedTask);
        // When all who waited have gone, nobody looks at a fault.
        _ = reading.ContinueWith(static task => _ = task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        return reading;
    }

    private async Task<T> ReadAsync(Task pause)
    {
        // Off the caller's thread and its lock.
        await Task.Yield();
        await pause;
        lock (_gate) _isAhead = false;
        return await read();
    }
}
