using System.Diagnostics;
using System.Text.Json;
using Rouse.Contracts.Telemetry;
using Rouse.Worker.Engines;
using Rouse.Worker.Lifetime;
using Rouse.Worker.Outputs;
using Rouse.Worker.Reports;
using Rouse.Worker.Telemetry;
using Rouse.Worker.Watchdog;

namespace Rouse.Worker.Protocol;

/// <summary>Runs one job to its end. No job can end the worker by failing.</summary>
internal sealed class JobRunner(
    IEngine engine, JobPlaneClient plane, OutputDesk outputs, FailureStreak streak, JobMetrics metrics, WorkerLog log, Clock clock)
{
    /// <param name="stopped">The server wants this job stopped: nothing is sent for it.</param>
    /// <param name="aborting">The worker is ending at once.</param>
    /// <returns>How it ended, still to be delivered.</returns>
    public async Task<JobOutcome> RunAsync(TakenJob job, CancellationToken stopped, CancellationToken aborting)
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(stopped, aborting);
        var started = clock.Time.GetTimestamp();
        using var span = WorkerTracing.Source.Continue("run job", ActivityKind.Consumer, job.TraceParent)?.SetTag("rouse.job", job.Id);
        try
        {
            var outcome = await ComputeAsync(job, cancel.Token);
            if (!job.IsWarmUp) metrics.Ended(outcome.IsRefusal ? JobEnd.Refused : outcome.Error is null ? JobEnd.Done : JobEnd.Failed, clock.Time.GetElapsedTime(started));
            if (outcome.Error is not null) span?.SetStatus(ActivityStatusCode.Error);
            log.Info($"Job {job.Id} {(outcome.Error is null ? "done" : "failed")} in {clock.Time.GetElapsedTime(started).TotalSeconds:0.00} s.");
            return outcome;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            metrics.Ended(JobEnd.Dropped, clock.Time.GetElapsedTime(started));
            throw;
        }
    }

    private const string NoInput = $"{EngineFault.InvalidInput}: The job has no member 'input'. Send {{\"input\": …}} with what the model is to work on.";

    private async Task<JobOutcome> ComputeAsync(TakenJob job, CancellationToken ct)
    {
        if (job.Input.ValueKind == JsonValueKind.Undefined) return JobOutcome.Refused(NoInput);
        if (job.IsWarmUp) return new JobOutcome("""{"warm":true}"""u8.ToArray(), Error: null);
        await using var progress = new ProgressPump(
            async (note, end) => await plane.DoneAsync(job.Id, note, isStream: false, end), clock.Time);
        var parts = new PartSender(job.Id, plane, outputs, log, clock);
        var begun = streak.Begin();
        try
        {
            // Off this loop: an engine may compute without ever yielding.
            var result = await Task.Run(async () => await engine.RunAsync(new EngineJob(job.Id, job.Input), new JobEvents(Tell, parts.SendAsync), ct), ct);
            streak.Succeeded();
            return result switch
            {
                EngineResult.Refused refusal => JobOutcome.Refused(log.Mask($"{refusal.Code}: {refusal.Message}")) with { IsStream = parts.WentAhead },
                EngineResult.Completed or EngineResult.Made => new JobOutcome(null, null, parts.WentAhead) { Result = result },
                EngineResult.Streamed => new JobOutcome(null, null, parts.WentAhead) { Result = new EngineResult.Completed(parts.Kept()) },
                _ => throw new InvalidOperationException($"{result} is not an outcome."),
            };
        }
        catch (PartLostException fault)
        {
            // The plane's fault or the network's: it says nothing of this machine.
            log.Error($"Job {job.Id}: {fault.Message}");
            return JobOutcome.Failed(log.Mask(fault.Message)) with { IsStream = true };
        }
        catch (EngineException fault)
        {
            return Failed(job, begun, $"{fault.Code}: {fault.Message}") with { IsStream = parts.WentAhead };
        }
        catch (Exception fault) when (!(fault is OperationCanceledException && ct.IsCancellationRequested))
        {
            // The top of the loop: whatever the engine threw is this job's failure and no more.
            return Failed(job, begun, $"{EngineFault.EngineFailed}: {fault.GetType().Name}: {fault.Message}") with { IsStream = parts.WentAhead };
        }

        void Tell(EngineProgress step) => progress.Offer(JobOutcome.ProgressJson(step));
    }

    private JobOutcome Failed(TakenJob job, long begun, string error)
    {
        streak.Failed(begun);
        log.Error($"Job {job.Id}: {error}");
        return JobOutcome.Failed(log.Mask(error));
    }
}
