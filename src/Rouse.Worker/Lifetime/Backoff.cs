namespace Rouse.Worker.Lifetime;

/// <summary>Waits that double from a first to a longest, each shortened by up to half by chance, so that workers do not come back in step.</summary>
/// <param name="Jitter">Gives a number from 0 to 1.</param>
internal sealed record Backoff(TimeSpan First, TimeSpan Longest, Func<double> Jitter)
{
    /// <param name="failures">How many in a row: 1 gives <see cref="First"/>.</param>
    public TimeSpan After(int failures)
    {
        var doublings = Math.Clamp(failures - 1, 0, 30);
        var full = Math.Min(First.TotalMilliseconds * (1L << doublings), Longest.TotalMilliseconds);
        return TimeSpan.FromMilliseconds(full * (1 - (Math.Clamp(Jitter(), 0, 1) / 2)));
    }
}
