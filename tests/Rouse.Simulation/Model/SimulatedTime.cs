namespace Rouse.Simulation.Model;

/// <summary>The one clock of a run. Its timers never fire: the world ends a call whose reply is lost when the caller's bound is over.</summary>
internal sealed class SimulatedTime : TimeProvider
{
    private static readonly DateTimeOffset s_start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public DateTimeOffset Now { get; set; } = s_start;

    public TimeSpan Elapsed => Now - s_start;

    /// <summary>By how much the wall clock is wrong. Nothing but what is read from it changes.</summary>
    public TimeSpan WallError { get; set; }

    /// <summary>When the caller of the call that is being made gives up on it.</summary>
    public DateTimeOffset GivesUpAt { get; private set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => Now + WallError;

    public override long GetTimestamp() => Now.UtcTicks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        GivesUpAt = Now + dueTime;
        return Inert.Instance;
    }

    private sealed class Inert : ITimer
    {
        public static Inert Instance { get; } = new();

        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
