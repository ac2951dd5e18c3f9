namespace Rouse.Gateway.Readiness;

/// <summary>
/// How long one backend is given to answer and when it is asked next, from what it did so far. Pure but for what it remembers; the caller tells the times.
/// </summary>
/// <remarks>
/// A fixed timeout that is shorter than the way there and back never sees anybody ready (knative/serving#14202). So one that was too short is doubled, and
/// none is shorter than what answers have taken.
/// </remarks>
public sealed class ProbePace(ProbeBounds bounds)
{
    private const int Remembered = 20;
    private readonly Queue<TimeSpan> _took = new();
    private TimeSpan _grown = bounds.FirstTimeout;

    /// <summary>For the next ask.</summary>
    public TimeSpan Timeout
    {
        get
        {
            var learned = _took.Count == 0 ? TimeSpan.Zero : Quantile() * bounds.Patience;
            var wanted = learned > _grown ? learned : _grown;
            return wanted < bounds.MaxTimeout ? wanted : bounds.MaxTimeout;
        }
    }

    public void Answered(TimeSpan took)
    {
        _took.Enqueue(took);
        if (_took.Count > Remembered) _took.Dequeue();
    }

    public void TimedOut() => _grown = _grown * 2 < bounds.MaxTimeout ? _grown * 2 : bounds.MaxTimeout;

    /// <param name="waiting">Somebody waits for it.</param>
    /// <param name="since">How long it has been asked without being ready.</param>
    public TimeSpan Pause(Verdict verdict, bool waiting, TimeSpan since)
    {
        if (verdict.IsReady) return bounds.ReadyPause;
        if (!waiting) return bounds.IdlePause;
        var grown = since * bounds.PauseGrowth;
        return grown < bounds.ShortestPause ? bounds.ShortestPause : grown < bounds.LongestPause ? grown : bounds.LongestPause;
    }

    private TimeSpan Quantile()
    {
        TimeSpan[] sorted = [.. _took.Order()];
        return sorted[(int)Math.Ceiling((sorted.Length - 1) * 0.95)];
    }
}
