using Rouse.Worker.Lifetime;

namespace Rouse.Worker.Watchdog;

/// <summary>Ends the worker when nobody has answered for too long: a machine that no server knows of would be paid for unseen.</summary>
internal static class SilenceWatch
{
    /// <summary>Looks ten times in the limit: late by a tenth at most.</summary>
    public static async Task RunAsync(LastContact contact, TimeSpan limit, Shutdown shutdown, TimeProvider time)
    {
        try
        {
            while (contact.Silence < limit) await Task.Delay(limit / 10, time, shutdown.Draining);
            shutdown.Request(StopReason.Silence);
        }
        catch (OperationCanceledException)
        {
            // Ending already.
        }
    }
}
