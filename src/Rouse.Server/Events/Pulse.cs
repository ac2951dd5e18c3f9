namespace Rouse.Server.Events;

/// <summary>One timer for all streams' heartbeats: a task that completes at the next beat.</summary>
internal sealed class Pulse : IAsyncDisposable
{
    private readonly ITimer _timer;
    private TaskCompletionSource _next = New();

    public Pulse(TimeSpan period, TimeProvider time) => _timer = time.CreateTimer(_ => Beat(), null, period, period);

    public Task Next => Volatile.Read(ref _next).Task;

    public ValueTask DisposeAsync() => _timer.DisposeAsync();

    private void Beat() => Interlocked.Exchange(ref _next, New()).TrySetResult();

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
