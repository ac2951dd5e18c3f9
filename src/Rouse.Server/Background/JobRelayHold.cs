namespace Rouse.Server.Background;

/// <summary>How long a provider is left alone that takes no jobs, and whether it is only being tried again.</summary>
internal sealed class JobRelayHold(JobRelayLimits limits, Func<double> chance, TimeProvider time)
{
    private readonly long _origin = time.GetTimestamp();
    private readonly Lock _gate = new();
    private TimeSpan _until;
    private int _refusals;

    /// <summary>It refused the last time: one job is tried before others follow.</summary>
    public bool IsTrying
    {
        get
        {
            lock (_gate) return _refusals > 0;
        }
    }

    public TimeSpan Left
    {
        get
        {
            lock (_gate) return _until - time.GetElapsedTime(_origin) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    public void Taken()
    {
        lock (_gate) _refusals = 0;
    }

    /// <param name="wait">What the provider asked for; null when it did not say.</param>
    public void Refused(TimeSpan? wait)
    {
        lock (_gate)
        {
            var now = time.GetElapsedTime(_origin);
            // Jobs of one batch are refused together: that is one refusal.
            if (now >= _until) _refusals++;
            var backoff = limits.FirstHold * Math.Pow(2, Math.Min(_refusals, 30) - 1);
            var most = backoff < limits.LongestHold ? backoff : limits.LongestHold;
            var until = now + (wait ?? (most * (0.5 + (0.5 * chance()))));
            if (_until < until) _until = until;
        }
    }

    public async ValueTask WaitAsync(CancellationToken ct)
    {
        while (Left is { Ticks: > 0 } left) await Task.Delay(left, time, ct);
    }
}
