using Rouse.Worker.Protocol;

namespace Rouse.Worker.Watchdog;

/// <summary>
/// Asks to be put away when there was nothing to do for too long, counted from the start where no job ever came. It asks and goes on serving: what is
/// in work when somebody stops the machine is for the one who stops it to know. Asks again after as long a time.
/// </summary>
internal static class IdleWatch
{
    /// <summary>Looks ten times in the limit: late by a tenth at most.</summary>
    public static async Task RunAsync(RunningJobs running, TimeSpan limit, Action<TimeSpan> ask, TimeProvider time, CancellationToken ct)
    {
        var asked = time.GetTimestamp();
        try
        {
            while (true)
            {
                await Task.Delay(limit / 10, time, ct);
                if (running.Idle is not { } idle || idle < limit || time.GetElapsedTime(asked) < limit) continue;
                asked = time.GetTimestamp();
                ask(idle);
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // Ending.
        }
    }
}
