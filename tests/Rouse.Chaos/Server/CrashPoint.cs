using System.Diagnostics;

namespace Rouse.Chaos.Server;

/// <summary>The one named place at which this process ends as by <c>kill -9</c>: nothing is flushed, closed or said.</summary>
internal sealed class CrashPoint(string name)
{
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
        if (point != name) return;
        using var self = Process.GetCurrentProcess();
        self.Kill();
        // The signal is on its way; nothing may happen until it is there.
        self.WaitForExit();
    }
}
