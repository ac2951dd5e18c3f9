namespace Rouse.Server.Background;

/// <summary>Spaces calls of one kind so that a provider's rate is kept: each takes the next free moment and waits for it.</summary>
/// <param name="perSecond">Calls per second in the long run.</param>
internal sealed class JobRelayPace(double perSecond, TimeProvider time)
{
    /// <summary>Calls that may follow each other at once after a pause: as many as one second has room for.</summary>
    private static readonly TimeSpan s_burst = TimeSpan.FromSeconds(1);

    private readonly TimeSpan _gap = TimeSpan.FromSeconds(1 / perSecond);
    private readonly long _origin = time.GetTimestamp();
    private readonly Lock _gate = new();
    private TimeSpan _next = -s_burst;

    /// <summary>Returns when the call may be made.</summary>
    public async ValueTask WaitAsync(CancellationToken ct)
    {
        TimeSpan wait;
        lock (_gate)
        {
            var now = time.GetElapsedTime(_origin);
            if (_next < now - s_burst) _next = now - s_burst;
            _next += _gap;
            wait = _next - now;
        }

        if (wait > TimeSpan.Zero) await Task.Delay(wait, time, ct);
    }

    /// <summary>The provider asked for silence: later calls wait so long at least.</summary>
    public void Hold(TimeSpan wait)
    {
        lock (_gate)
        {
            var until = time.GetElapsedTime(_origin) + wait;
            if (_next < until) _next = until;
        }
    }
}

/// <summary>The paces of one account.</summary>
internal sealed class JobRelayAccount(JobRelayLimits limits, TimeProvider time)
{
    public JobRelayPace Submits { get; } = new(limits.SubmitsPerSecond, time);

    public JobRelayPace Looks { get; } = new(limits.LooksPerSecond, time);

    public JobRelayPace Cancels { get; } = new(limits.CancelsPerSecond, time);
}
