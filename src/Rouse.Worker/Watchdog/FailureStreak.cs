namespace Rouse.Worker.Watchdog;

/// <summary>
/// Counts jobs the engine failed in a row. Wrong input is the caller's fault and does not count, and what fails together counts once: a server that dies takes
/// every job in flight with it.
/// </summary>
internal sealed class FailureStreak(int limit)
{
    /// <summary>One may be bad luck, two a bad job; after three another machine is cheaper than another try.</summary>
    public const int DefaultLimit = 3;

    private readonly Lock _gate = new();
    private int _length;
    private long _failures;

    public bool IsBroken
    {
        get
        {
            lock (_gate) return _length >= limit;
        }
    }

    /// <summary>To be kept from a job's beginning to its end.</summary>
    public long Begin()
    {
        lock (_gate) return _failures;
    }

    /// <param name="begun">Of <see cref="Begin"/>: a failure since then may well have had the same cause.</param>
    public void Failed(long begun)
    {
        lock (_gate)
        {
            if (begun != _failures) return;
            _failures++;
            _length++;
        }
    }

    public void Succeeded()
    {
        lock (_gate) _length = 0;
    }
}
