using Rouse.Core.Jobs;
using Rouse.Core.Ports;
using Rouse.Store.Jobs;

namespace Rouse.Server.Background;

/// <content>The way of one job.</content>
internal sealed partial class JobRelayRun
{
    private async Task HandOnAsync(TakenJob job, Held held, CancellationToken ct)
    {
        if (await SubmitAsync(job, ct) is not { } id) return;
        var relayed = new RelayedJob(Backend.Deployment, job.Id, Backend.Relay, Backend.Attempt, Backend.Backend, id, ports.Time.GetUtcNow());
        if (await RecordAsync(relayed)) await FollowAsync(relayed, held, ct);
        else await calls.CancelAsync(Backend, id, ct);
    }

    /// <returns>Null when the job was not handed on; what is to become of it has been said.</returns>
    private async ValueTask<ProviderJobId?> SubmitAsync(TakenJob job, CancellationToken ct)
    {
        try
        {
            // Others of its batch may have been refused meanwhile.
            if (_hold.Left == TimeSpan.Zero)
            {
                var s3 = job.SealedS3 is { } hidden ? ports.OpenS3(hidden) : null;
                var handed = new HandedJob(job.Input, s3, new JobTerms(job.ExecutionTimeout, job.Left, job.LowPriority));
                var id = await calls.SubmitAsync(Backend, handed, ct);
                _hold.Taken();
                return id;
            }
        }
        catch (ProviderException fault) when (fault.Fault == ProviderFault.Rejected)
        {
            await FinishAsync(job.Id, new JobResult(Backend.Relay, Output: null, fault.Message));
            return null;
        }
        catch (ProviderException fault)
        {
            _hold.Refused(fault.RetryAfter);
            LogRefused(logger, Backend.Deployment, job.Id, fault.Fault, fault.Message, _hold.Left);
            Hint();
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // Stopped before it was sent.
        }

        await Plane.PutBackAsync(Backend.Deployment, Backend.Relay, job.Id);
        return null;
    }

    /// <returns>False when the job is to be cancelled again: it ended meanwhile, or its id could not be written down and it will be handed on anew.</returns>
    private async ValueTask<bool> RecordAsync(RelayedJob job)
    {
        try
        {
            return await ports.Store.RecordAsync(job, CancellationToken.None);
        }
        catch (Exception error)
        {
            LogJobFailed(logger, Backend.Deployment, job.Job, error);
            return false;
        }
    }

    private async Task FollowAsync(RelayedJob job, Held held, CancellationToken ct)
    {
        held.Began = job.Began;
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(ct, held.Stopped);
        var wait = ports.Limits.FirstLook;
        while (true)
        {
            try
            {
                await Task.Delay(wait * (0.75 + (0.5 * ports.Chance())), ports.Time, ends.Token);
                wait = ports.Limits.LongestLook < wait * ports.Limits.LookGrowth ? ports.Limits.LongestLook : wait * ports.Limits.LookGrowth;
                if (await LookAsync(job, held, ends.Token)) return;
            }
            catch (OperationCanceledException) when (ends.IsCancellationRequested)
            {
                ct.ThrowIfCancellationRequested();
                await CancelAsync(job, ct);
                return;
            }
            catch (ProviderException fault)
            {
                LogLookFailed(logger, Backend.Deployment, job.Job, fault.Fault, fault.Message);
            }
            catch (Exception error)
            {
                // It is looked at again: whatever failed here must not lose the job.
                LogJobFailed(logger, Backend.Deployment, job.Job, error);
            }
        }
    }

    /// <returns>Whether there is nothing left to follow.</returns>
    private async ValueTask<bool> LookAsync(RelayedJob job, Held held, CancellationToken ct)
    {
        var sighting = await calls.LookAsync(Backend, job.ProviderJob, ct);
        if (sighting is null)
        {
            if (ports.Time.GetUtcNow() - job.SubmittedAt < ports.Limits.SubmitLag) return false;
            LogLost(logger, Backend.Deployment, job.Job, job.ProviderJob);
            await Plane.LoseAsync(Backend.Deployment, Backend.Relay, job.Job, CancellationToken.None);
        }
        else if (sighting.Status.HasEnded())
        {
            await FinishAsync(job.Job, Result(sighting));
        }
        else
        {
            await NoteAsync(job, held, sighting, ct);
            return false;
        }

        await ports.Store.RemoveAsync(job, CancellationToken.None);
        return true;
    }

    private async ValueTask NoteAsync(RelayedJob job, Held held, JobSighting sighting, CancellationToken ct)
    {
        if (sighting.Status != JobStatus.InProgress) return;
        if (!held.Began) await Plane.BeginAsync(Backend.Deployment, Backend.Relay, job.Job, ct);
        held.Began = true;
        if (sighting.Output is not { } progress || progress.AsSpan().SequenceEqual(held.Progress)) return;
        await Plane.ProgressAsync(Backend.Deployment, job.Job, Backend.Relay, progress, ct);
        held.Progress = progress;
    }

    private async Task CancelAsync(RelayedJob job, CancellationToken ct)
    {
        if (!await calls.CancelAsync(Backend, job.ProviderJob, ct)) LogNotCancelled(logger, Backend.Deployment, job.Job, job.ProviderJob);
        await ports.Store.RemoveAsync(job, CancellationToken.None);
    }

    private ValueTask FinishAsync(JobId job, JobResult result) => Plane.FinishAsync(Backend.Deployment, job, result, recycle: false, CancellationToken.None);

    private JobResult Result(JobSighting end)
    {
        var error = end.Error ?? end.Status switch
        {
            JobStatus.Failed => "the provider says that the job failed, and not why",
            JobStatus.TimedOut => "job ran longer than its executionTimeout",
            _ => null,
        };
        return new JobResult(Backend.Relay, end.Output, error) { EndsAs = end.Status, Execution = end.Execution };
    }
}
