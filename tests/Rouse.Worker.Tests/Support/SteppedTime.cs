namespace Rouse.Worker.Tests.Support;

/// <summary>A clock whose waits end only when the test says so; each wait's length can be looked at. Between steps time stands still.</summary>
internal sealed class SteppedTime : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly Queue<Wait> _waits = [];
    private readonly SemaphoreSlim _arrived = new(0);
    private long _now = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero).UtcTicks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Volatile.Read(ref _now);

    public override DateTimeOffset GetUtcNow() => new(GetTimestamp(), TimeSpan.Zero);

    public void Pass(TimeSpan by) => Interlocked.Add(ref _now, by.Ticks);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var wait = new Wait(() => callback(state), dueTime);
        if (dueTime == Timeout.InfiniteTimeSpan) return wait;
        lock (_gate) _waits.Enqueue(wait);
        _arrived.Release();
        return wait;
    }

    /// <summary>Waits until somebody waits, lets that wait end, and tells how long it would have been.</summary>
    public async Task<TimeSpan> StepAsync()
    {
        while (true)
        {
            Assert.True(await _arrived.WaitAsync(Deadline.Generous), "Nobody waited in time.");
            Wait wait;
            lock (_gate) wait = _waits.Dequeue();
            if (wait.IsDisposed) continue;
            Pass(wait.Due);
            wait.Fire();
            return wait.Due;
        }
    }

    /// <summary>Ends wait after wait until the condition holds.</summary>
    public Task StepUntilAsync(Func<bool> condition) => Deadline.UntilAsync(() => condition() || (TryStep() && condition()));

    /// <summary>Until somebody waits again: what the step before set off is done.</summary>
    public async Task WaitedAsync()
    {
        Assert.True(await _arrived.WaitAsync(Deadline.Generous), "Nobody waited in time.");
        _arrived.Release();
    }

    private bool TryStep()
    {
        if (!_arrived.Wait(TimeSpan.Zero)) return false;
        Wait wait;
        lock (_gate) wait = _waits.Dequeue();
        if (wait.IsDisposed) return false;
        Pass(wait.Due);
        wait.Fire();
        return true;
    }

    private sealed class Wait(Action fire, TimeSpan due) : ITimer
    {
        public TimeSpan Due { get; } = due;

        public bool IsDisposed { get; private set; }

        public void Fire() => fire();

        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose() => IsDisposed = true;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
