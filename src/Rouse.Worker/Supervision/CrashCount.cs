namespace Rouse.Worker.Supervision;

/// <summary>Deaths of a server that lie close together.</summary>
internal sealed class CrashCount(SupervisionLimits limits, TimeProvider time)
{
    private readonly Queue<long> _deaths = new();

    /// <summary>One more just now.</summary>
    /// <returns>How many lie within the window.</returns>
    public int Count()
    {
        _deaths.Enqueue(time.GetTimestamp());
        while (time.GetElapsedTime(_deaths.Peek()) > limits.CrashWindow) _deaths.Dequeue();
        return _deaths.Count;
    }

    public void Forgive() => _deaths.Clear();
}
