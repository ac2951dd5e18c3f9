using Rouse.Worker.Lifetime;
using Rouse.Worker.Reports;

namespace Rouse.Worker.Protocol;

/// <summary>Keeps one stop poll open. A stopped job's run is cancelled and nothing is posted for it.</summary>
internal sealed class StopLoop(JobPlaneClient plane, RunningJobs running, WorkerLog log, Clock clock)
{
    /// <summary>An answered poll is not followed by the next sooner than this: older servers answer at once.</summary>
    public static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(1);

    public static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly Backoff _failing = new(ShortestPause, LongestPause, clock.Jitter);

    public async Task RunAsync(CancellationToken ct)
    {
        var failures = 0;
        try
        {
            while (true)
            {
                var asked = clock.Time.GetTimestamp();
                var ids = await plane.StopAsync(ct);
                failures = ids is null ? failures + 1 : 0;
                foreach (var id in ids ?? [])
                {
                    if (running.Stop(id)) log.Info($"Job {id} was cancelled: stopping its run.");
                }

                var pause = ids is null ? _failing.After(failures) : ShortestPause - clock.Time.GetElapsedTime(asked);
                if (pause > TimeSpan.Zero) await Task.Delay(pause, clock.Time, ct);
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // Ending.
        }
    }
}
