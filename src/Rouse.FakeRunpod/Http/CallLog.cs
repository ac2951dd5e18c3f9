namespace Rouse.FakeRunpod.Http;

/// <summary>The newest calls; thread-safe.</summary>
internal sealed class CallLog
{
    /// <summary>A storm of 5,000 takes a second must not eat the memory of a test run.</summary>
    public const int MostKept = 20_000;

    private readonly Lock _gate = new();
    private readonly Queue<CallRecord> _calls = new();

    public void Add(CallRecord call)
    {
        lock (_gate)
        {
            if (_calls.Count == MostKept) _calls.Dequeue();
            _calls.Enqueue(call);
        }
    }

    public IReadOnlyList<CallRecord> Snapshot()
    {
        lock (_gate) return [.. _calls];
    }

    public void Clear()
    {
        lock (_gate) _calls.Clear();
    }
}
