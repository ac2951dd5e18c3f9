namespace Rouse.Gateway.Jobs;

/// <summary>
/// News that many may wait for. Read <see cref="Next"/>, look whether there is something, and only then wait: nothing can slip in between.
/// </summary>
internal sealed class Pulse
{
    private TaskCompletionSource _next = New();

    public Task Next => Volatile.Read(ref _next).Task;

    public void Fire() => Interlocked.Exchange(ref _next, New()).TrySetResult();

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
