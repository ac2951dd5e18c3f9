using System.Runtime.CompilerServices;

namespace Rouse.TestKit.Time;

/// <summary>Waits for a condition of the real world, such as a process that ends: the deadline is generous and only ends a failing test.</summary>
public static class Eventually
{
    /// <summary>A minute: a loaded machine of two cores must not fail a test.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    public static Task TrueAsync(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string what = "") =>
        TrueAsync(() => ValueTask.FromResult(condition()), what);

    public static async Task TrueAsync(Func<ValueTask<bool>> condition, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(began) > Deadline) throw new TimeoutException($"Not within {Deadline.TotalSeconds} s: {what}");
            await Task.Delay(Look, TimeProvider.System);
        }
    }
}
