namespace Rouse.Core.Analytics;

/// <summary>
/// The time of day as it was when the process began, carried on by the clock that nobody sets: a correction of the time of day makes no span
/// longer or shorter. What the machine sleeps through is not counted by it.
/// </summary>
/// <param name="notBefore">The latest time an earlier process stored: where its clock was ahead, this one goes on from there.</param>
public sealed class MeterClock(TimeProvider time, DateTimeOffset? notBefore)
{
    private readonly long _since = time.GetTimestamp();
    private readonly DateTimeOffset _start = notBefore > time.GetUtcNow() ? notBefore.Value : time.GetUtcNow();

    public DateTimeOffset Now => _start + time.GetElapsedTime(_since);
}
