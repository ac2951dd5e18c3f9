namespace Rouse.FakeRunpod.Http;

/// <summary>The newest calls; thread-safe.</summary>
internal sealed class CallLog
{
    /// <summary>A storm of 5,000 takes a second must not eat the memory of a test run.</summary>
    public const int MostKept = 20_000;

    /// <summary>Characters of a job's body or answer, which may hold whole pictures. Those of the management API are kept whole.</summary>
    public const int MostOfAJob = 64 * 1024;

    private readonly Lock _gate = new();
    private readonly Queue<CallRecord> _calls = new();

    public void Add(CallRecord call)
    {
        if (call.Plane != CallPlane.Management) call = call with { Body = Shorten(call.Body), Response = Shorten(call.Response) };
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

    private static string Shorten(string text) => text.Length <= MostOfAJob ? text : text[..MostOfAJob];
}
