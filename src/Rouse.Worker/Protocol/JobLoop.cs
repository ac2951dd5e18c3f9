using Rouse.Worker.Engines;
using Rouse.Worker.Lifetime;
using Rouse.Worker.Reports;
using Rouse.Worker.Watchdog;

namespace Rouse.Worker.Protocol;

/// <summary>
/// take → run → done, as many jobs at a time as the engine has places, until told to stop; then those that run are brought to their end. One poll is open at a
/// time, for all free places, and none while there is no place. It asks again at once after an unhurried "no job"; hasty and failed answers are followed by
/// growing pauses, so that a plane that is down or answers in a whirl is not hammered (the SDK asks 5,000 times a second).
/// </summary>
internal sealed class JobLoop(
    IEngine engine, JobPlaneClient plane, RunningJobs running, JobRunner runner, Deliveries deliveries, FailureStreak streak, Shutdown shutdown, WorkerLog log, Clock clock)
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
    private readonly SemaphoreSlim _places = new(engine.Concurrency);

    /// <summary>Each ends when its engine has a place again, with what is left of the job: its delivery.</summary>
    private readonly List<Task<Task>> _runs = [];

    private readonly List<Task> _deliveries = [];

    public async Task RunAsync()
    {
        try
        {
            await TakeAsync();
        }
        catch (OperationCanceledException) when (shutdown.Draining.IsCancellationRequested)
        {
            // The open poll is dropped: waiting for it would only delay the end. A job handed out at this very moment is leased again.
        }

        await Task.WhenAll([.. await Task.WhenAll(_runs), .. _deliveries]);
    }

    private async Task TakeAsync()
    {
        var (hasty, failures) = (0, 0);
        while (true)
        {
            await PlaceAsync();
            await engine.ReadyAsync(shutdown.Draining);
            shutdown.Draining.ThrowIfCancellationRequested();
            var asked = clock.Time.GetTimestamp();
            var answer = await plane.TakeAsync(engine.Concurrency - _runs.Count, busy: _runs.Count + _deliveries.Count > 0, shutdown.Draining);
            // A server that gives out again what runs here already has nothing for us either.
            if (answer is TakeAnswer.Jobs jobs && Start(jobs.Taken) == 0) answer = new TakeAnswer.Nothing();
            hasty = answer is TakeAnswer.Nothing && clock.Time.GetElapsedTime(asked) < Hasty ? hasty + 1 : 0;
            failures = answer is TakeAnswer.Failed ? failures + 1 : 0;
            if (answer is TakeAnswer.Failed fault && failures == 1) log.Warning($"Taking a job failed, trying again: {fault.Why}");

            var pause = answer switch
            {
                TakeAnswer.TooMany => TooManyPause,
                TakeAnswer.Failed => _failing.After(failures),
                _ => hasty > 0 ? _hasty.After(hasty) : TimeSpan.Zero,
            };
            if (pause > TimeSpan.Zero) await Task.Delay(pause, clock.Time, shutdown.Draining);
        }
    }

    /// <summary>Until the engine has a place for one more, and there is room for what it comes to.</summary>
    private async Task PlaceAsync()
    {
        while (true)
        {
            foreach (var run in _runs.FindAll(static run => run.IsCompleted))
            {
                _runs.Remove(run);
                _deliveries.Add(await run);
            }

            _deliveries.RemoveAll(static delivery => delivery.IsCompleted);
            if (_runs.Count < engine.Concurrency && deliveries.HasRoom) return;
            await Task.WhenAny([.. _runs, .. _deliveries]).WaitAsync(shutdown.Draining);
        }
    }

    /// <returns>How many of them were not held already.</returns>
    private int Start(IReadOnlyList<TakenJob> jobs)
    {
        // All are held from now on, so that pings list also those that wait: a server may give out more than was asked for.
        var held = jobs.Where(job => running.TryHold(job.Id)).ToList();
        _runs.AddRange(held.Select(RunAsync));
        return held.Count;
    }

    private async Task<Task> RunAsync(TakenJob job)
    {
        var delivery = Task.CompletedTask;
        var hasPlace = false;
        await GuardAsync(job, async () =>
        {
            await _places.WaitAsync(shutdown.Aborting);
            hasPlace = true;
            if (streak.IsBroken) return;
            var stopped = running.Stopped(job.Id);
            delivery = await deliveries.BeginAsync(job.Id, await runner.RunAsync(job, stopped, shutdown.Aborting), stopped);
        });
        if (hasPlace) _places.Release();
        if (streak.IsBroken) shutdown.Request(StopReason.EngineBroken);
        return ReleaseAfterAsync(job, delivery);
    }

    private async Task ReleaseAfterAsync(TakenJob job, Task delivery)
    {
        await GuardAsync(job, () => delivery);
        running.Release(job.Id);
    }

    /// <summary>The top of a job: whatever becomes of it, the others run on.</summary>
    private async Task GuardAsync(TakenJob job, Func<Task> part)
    {
        var started = clock.Time.GetTimestamp();
        try
        {
            await part();
        }
        catch (OperationCanceledException) when (running.Stopped(job.Id).IsCancellationRequested || shutdown.Aborting.IsCancellationRequested)
        {
            log.Info($"Job {job.Id} was dropped after {clock.Time.GetElapsedTime(started).TotalSeconds:0.00} s.");
        }
        catch (Exception fault)
        {
            // The server gives it out again.
            log.Error($"Job {job.Id} was lost here: {fault.GetType().Name}: {fault.Message}");
        }
    }
}
