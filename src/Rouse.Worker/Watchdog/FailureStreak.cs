namespace Rouse.Worker.Watchdog;

/// <summary>Counts jobs the engine failed in a row. Wrong input is the caller's fault and does not count.</summary>
internal sealed class FailureStreak(int limit)
{
    /// <summary>One may be bad luck, two a bad job; after three another machine is cheaper than another try.</summary>
    public const int DefaultLimit = 3;

    private int _length;

    public bool IsBroken => _length >= limit;

    public void Failed() => _length++;

    public void Succeeded() => _length = 0;
}
