using System.Threading.Tasks.Sources;

namespace Rouse.Gateway.Admission;

/// <summary>A request that was not answered at once. One object for all that waiting takes: there may be ten thousand of them.</summary>
/// <param name="came">By the lobby's clock.</param>
/// <param name="caller">Cancelled when the caller leaves.</param>
internal sealed class Waiter(Door door, long id, TimeSpan came, CancellationToken caller) : IValueTaskSource<Admitted>
{
    // The one who answers is at the door, and others wait for it.
    private ManualResetValueTaskSourceCore<Admitted> _answer = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _watch;
    private int _isOver;

    public TimeSpan Came => came;

    public CancellationToken Caller => caller;

    /// <summary>Nobody was ready when it came.</summary>
    public bool IsCold { get; set; }

    public ValueTask<Admitted> WatchAsync(CancellationToken gone)
    {
        if (Volatile.Read(ref _isOver) == 0)
        {
            _watch = gone.UnsafeRegister(static state => ((Waiter)state!).Go(), this);
            // Answered meanwhile: then nobody else ends the watch.
            if (Volatile.Read(ref _isOver) == 1) _watch.Unregister();
        }

        return new ValueTask<Admitted>(this, _answer.Version);
    }

    public void Answer(Admitted answer)
    {
        if (End()) _answer.SetResult(answer);
    }

    public void Leave()
    {
        if (End()) _answer.SetException(new OperationCanceledException(caller));
    }

    public Admitted GetResult(short token) => _answer.GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _answer.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) => _answer.OnCompleted(continuation, state, token, flags);

    private void Go() => door.Post(new DoorEvent(DoorEventKind.Gone, id));

    private bool End()
    {
        if (Interlocked.Exchange(ref _isOver, 1) == 1) return false;
        _watch.Unregister();
        return true;
    }
}
