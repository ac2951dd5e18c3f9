namespace Rouse.Core.Scheduling;

/// <summary>
/// Two clocks of which one runs: one while there is no capacity, one while there is. What a request has waited for each is the difference between now
/// and its coming, so that nothing need be kept per request, and among equals the first to come is the first to run out.
/// </summary>
internal sealed class AdmissionClocks(bool hasCapacity, TimeSpan now)
{
    private AdmissionReading _total;
    private TimeSpan _since = now;

    public bool HasCapacity { get; private set; } = hasCapacity;

    public AdmissionReading Read(TimeSpan now) => HasCapacity
        ? _total with { Busy = _total.Busy + now - _since }
        : _total with { Waking = _total.Waking + now - _since };

    public void Change(bool hasCapacity, TimeSpan now)
    {
        if (hasCapacity == HasCapacity) return;
        _total = Read(now);
        (HasCapacity, _since) = (hasCapacity, now);
    }
}

/// <param name="Waking">Time without capacity.</param>
/// <param name="Busy">Time with it.</param>
internal readonly record struct AdmissionReading(TimeSpan Waking, TimeSpan Busy);
