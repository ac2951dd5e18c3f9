using System.Data.Common;

namespace Rouse.Store.Sqlite;

/// <summary>One write on its way through the writer: queued, then started or cancelled, then completed or failed.</summary>
internal abstract class PendingWrite
{
    private const int Queued = 0, Started = 1, Cancelled = 2;
    private int _state;

    /// <summary>What the work itself threw, after <see cref="Run"/>.</summary>
    public Exception? Error { get; protected set; }

    /// <summary>False when the caller has cancelled meanwhile.</summary>
    public bool TryStart() => Interlocked.CompareExchange(ref _state, Started, Queued) == Queued;

    public bool TryCancel() => Interlocked.CompareExchange(ref _state, Cancelled, Queued) == Queued;

    public abstract void Run(DbConnection connection);

    /// <summary>Tells the caller the result, or the work's own error.</summary>
    public abstract void Complete();

    public abstract void Fail(Exception error);
}

internal sealed class PendingWrite<T>(Func<DbConnection, ValueTask<T>> work, CancellationToken ct) : PendingWrite
{
    // The caller goes on elsewhere: the writer's thread belongs to the database.
    private readonly TaskCompletionSource<T> _caller = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenRegistration _cancellation;
    private T? _result;

    public Task<T> Task => _caller.Task;

    public void WatchCancellation() => _cancellation = ct.UnsafeRegister(static self => ((PendingWrite<T>)self!).Cancel(), this);

    public override void Run(DbConnection connection)
    {
        Error = null;
        try
        {
            // The provider completes everything at once, so waiting here is not waiting; were it not so, this thread would rightly wait.
            var pending = work(connection);
            _result = pending.IsCompletedSuccessfully ? pending.Result : pending.AsTask().GetAwaiter().GetResult();
        }
#pragma warning disable CA1031 // It is the caller's error and is handed to the caller.
        catch (Exception error)
#pragma warning restore CA1031
        {
            Error = error;
        }
    }

    public override void Complete()
    {
        _cancellation.Unregister();
        if (Error is null) _caller.TrySetResult(_result!);
        else _caller.TrySetException(Error);
    }

    public override void Fail(Exception error)
    {
        _cancellation.Unregister();
        _caller.TrySetException(error);
    }

    private void Cancel()
    {
        if (TryCancel()) _caller.TrySetCanceled(ct);
    }
}
