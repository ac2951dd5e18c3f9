using Rouse.Worker.Engines;
using Rouse.Worker.Lifetime;
using Rouse.Worker.Reports;
using Rouse.Worker.Watchdog;

namespace Rouse.Worker.Protocol;

/// <summary>
/// take → run → done, one job at a time, until told to stop. It asks again at once after an unhurried "no job"; hasty and failed answers are
/// followed by growing pauses, so that a plane that is down or answers in a whirl is not hammered (the SDK asks 5,000 times a second).
/// </summary>
internal sealed class JobLoop(
    IEngine engine, JobPlaneClient plane, RunningJobs running, JobRunner runner, FailureStreak streak, Shutdown shutdown, WorkerLog log, Clock clock)
{
    /// <summary>A poll answered "no job" sooner than this was no long poll.</summary>
    public static readonly TimeSpan Hasty = TimeSpan.FromMilliseconds(250);

    /// <summary>Between hasty answers: a job waits this long at most for a server that does not hold polls.</summary>
    public static readonly TimeSpan LongestHastyPause = TimeSpan.FromSeconds(1);

    /// <summary>Between failed polls.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    /// <summary>After 429, as the SDK.</summary>
    public static readonly TimeSpan TooManyPause = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);

    private readonly Backoff _hasty = new(FirstPause, LongestHastyPause, clock.Jitter);
    private readonly Backoff _failing = new(FirstPause, LongestPause, clock.Jitter);

    public async Task RunAsync()
    {
        var (hasty, failures) = (0, 0);
        try
        {
            while (true)
            {
                await engine.ReadyAsync(shutdown.Draining);
                var asked = clock.Time.GetTimestamp();
                var answer = await plane.TakeAsync(busy: false, shutdown.Draining);
                hasty = answer is TakeAnswer.Nothing && clock.Time.GetElapsedTime(asked) < Hasty ? hasty + 1 : 0;
                failures = answer is TakeAnswer.Failed ? failures + 1 : 0;
                if (answer is TakeAnswer.Failed fault && failures == 1) log.Warning($"Taking a job failed, trying again: {fault.Why}");
                if (answer is TakeAnswer.Jobs jobs && !await RunAllAsync(jobs.Taken)) return;

                var pause = answer switch
                {
                    TakeAnswer.TooMany => TooManyPause,
                    TakeAnswer.Failed => _failing.After(failures),
                    _ => hasty > 0 ? _hasty.After(hasty) : TimeSpan.Zero,
                };
                if (pause > TimeSpan.Zero) await Task.Delay(pause, clock.Time, shutdown.Draining);
            }
        }
        catch (OperationCanceledException) when (shutdown.Draining.IsCancellationRequested)
        {
            // The open poll is dropped: waiting for it would only delay the end. A job handed out at this very moment is leased again.
        }
    }

    /// <summary>False when this machine should take no further job.</summary>
    private async Task<bool> RunAllAsync(IReadOnlyList<TakenJob> jobs)
    {
        // All are held from now on, so that pings list the waiting ones too.
        var held = jobs.Where(job => running.TryHold(job.Id)).ToList();
        foreach (var job in held)
        {
            try
            {
                await runner.RunAsync(job, running.Stopped(job.Id), shutdown.Aborting);
            }
            finally
            {
                running.Release(job.Id);
            }

            if (!streak.IsBroken) continue;
            shutdown.Request(StopReason.EngineBroken);
            return false;
        }

        return true;
    }
}
