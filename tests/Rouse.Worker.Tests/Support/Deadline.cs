namespace Rouse.Worker.Tests.Support;

/// <summary>How long a test waits for what must happen. Reached only by a failing test.</summary>
internal static class Deadline
{
    public static readonly TimeSpan Generous = TimeSpan.FromSeconds(60);

    public static async Task<T> InTimeAsync<T>(this Task<T> task) => await task.WaitAsync(Generous);

    public static async Task InTimeAsync(this Task task) => await task.WaitAsync(Generous);

    public static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(Generous);
        while (!condition()) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, limit.Token);
    }
}
