using System.Diagnostics;

namespace Rouse.Chaos.Server;

/// <summary>
/// The named places at which this process ends as by <c>kill -9</c>, whichever it comes by first: nothing is flushed, closed or said, but for the name.
/// </summary>
/// <param name="told">The file that the name is written to.</param>
internal sealed class CrashPoint(IReadOnlySet<string> names, string told)
{
    private int _reached;

    /// <summary>Wraps a call: it may end before it happens, or after it happened and before anybody learns of it.</summary>
    public async ValueTask<T> AroundAsync<T>(string call, Func<ValueTask<T>> happens)
    {
        Reach(call + ":before");
        var result = await happens();
        Reach(call + ":after");
        return result;
    }

    public async ValueTask AroundAsync(string call, Func<ValueTask> happens)
    {
        Reach(call + ":before");
        await happens();
        Reach(call + ":after");
    }

    private void Reach(string point)
    {
        if (!names.Contains(point)) return;
        // Another that is reached before the signal has come is not passed either.
        if (Interlocked.Exchange(ref _reached, 1) == 0) File.WriteAllText(told, point);
        using var self = Process.GetCurrentProcess();
        self.Kill();
        // The signal is on its way; nothing may happen until it is there.
        self.WaitForExit();
    }
}
