using System.Collections.Concurrent;
using Rouse.Worker.Engines.A1111;
using Rouse.Worker.Engines.A1111.Calls;

namespace Rouse.Worker.Tests.Engines.A1111;

/// <summary>
/// A clock whose pauses end at once, each counted as if it had passed; limits and the rounds of those who watch end only when a test says so.
/// </summary>
internal sealed class SkippingTime : TimeProvider
{
    private static readonly TimeSpan[] s_held =
        [WebUiClient.LookTimeout, WebUiServer.HealthInterval, Interruption.Patience, ProgressWatch.Interval, TimeSpan.FromSeconds(A1111Settings.DefaultTimeout)];

    private readonly ConcurrentQueue<Pause> _held = new();
    private long _now = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero).UtcTicks;

    /// <summary>Pauses that were skipped, in seconds.</summary>
    public ConcurrentQueue<double> Skipped { get; } = new();

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Volatile.Read(ref _now);

    public override DateTimeOffset GetUtcNow() => new(GetTimestamp(), TimeSpan.Zero);

    /// <summary>Ends what waits for so long, once somebody does.</summary>
    public async Task EndAsync(TimeSpan due)
    {
        await Support.Deadline.UntilAsync(() => _held.Any(pause => pause.Due == due && pause.IsOpen));
        foreach (var pause in _held.Where(pause => pause.Due == due)) pause.Fire();
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var pause = new Pause(() => callback(state), dueTime);
        if (dueTime == Timeout.InfiniteTimeSpan) return pause;
        if (s_held.Contains(dueTime))
        {
            _held.Enqueue(pause);
            return pause;
        }

        Skipped.Enqueue(dueTime.TotalSeconds);
        Interlocked.Add(ref _now, dueTime.Ticks);
        // Not within this call: whoever makes a timer does not expect it to have gone off already.
        ThreadPool.QueueUserWorkItem(static pause => pause.Fire(), pause, preferLocal: false);
        return pause;
    }

    private sealed class Pause(Action fire, TimeSpan due) : ITimer
    {
        private int _isOver;

        public TimeSpan Due { get; } = due;

        public bool IsOpen => Volatile.Read(ref _isOver) == 0;

        public void Fire()
        {
            if (Interlocked.Exchange(ref _isOver, 1) == 0) fire();
        }

        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose() => Volatile.Write(ref _isOver, 1);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
