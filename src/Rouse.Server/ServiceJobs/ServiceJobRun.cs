using Microsoft.Extensions.Logging;
using Rouse.Core.Deployments;
using Rouse.Core.Jobs;
using Rouse.Gateway.Admission;
using Rouse.Gateway.Usage;
using Rouse.Store;
using Rouse.Store.Jobs;

namespace Rouse.Server.ServiceJobs;

/// <summary>
/// One job of a service, from the first place it got to its end.
/// <code>
///   take ─► attempt n begun (durable) ─► sent ─► attempt ended with the answer (durable) ─► job ended
///               │ killed here: sent again only where twice is as once, else the job ends "interrupted"
/// </code>
/// </summary>
/// <param name="rest">Told true when it begins to wait before it is sent again, and false when that is over.</param>
internal sealed partial class ServiceJobRun(ServiceJobPorts ports, DeploymentId deployment, TakenJob job, Action<bool> rest, ILogger logger)
{
    /// <summary>Between tries to write down what came of a sending: the store is back within seconds, once its disk has space.</summary>
    private static readonly TimeSpan s_storePause = TimeSpan.FromSeconds(1);

    private readonly DateTimeOffset _queuedAt = ports.Time.GetUtcNow() - job.Waited;
    private volatile bool _hasEnded;

    /// <param name="grant">The place for the first sending; given back here as soon as it is not needed.</param>
    /// <param name="stopping">The server wants to stop: what is not in the air goes back into the queue.</param>
    /// <param name="abort">The server stops now.</param>
    public async Task RunAsync(Grant grant, CancellationToken stopping, CancellationToken abort)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(abort);
        using var watchEnds = new CancellationTokenSource();
        var watch = WatchAsync(over, watchEnds.Token);
        try
        {
            await WorkAsync(grant, stopping, over.Token, abort);
        }
        catch (OperationCanceledException)
        {
            // Nothing is in the air: WorkAsync has settled what was.
            if (!_hasEnded) await ports.Plane.ReturnAsync(deployment, ports.Worker, [job]);
        }
        finally
        {
            await watchEnds.CancelAsync();
            await watch;
        }
    }

    /// <summary>When the job is cancelled, runs out of time or is gone, its sending stops.</summary>
    private async Task WatchAsync(CancellationTokenSource over, CancellationToken ct)
    {
        try
        {
            await ports.Plane.WaitForEndAsync(deployment, job.Id, JobTerms.Longest, ct);
            _hasEnded = true;
            await over.CancelAsync();
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // It has ended by itself.
        }
        catch (Exception error)
        {
            LogUnwatched(deployment, job.Id, error);
        }
    }

    private async Task WorkAsync(Grant first, CancellationToken stopping, CancellationToken over, CancellationToken abort)
    {
        var known = await ports.Store.LoadAsync(deployment, job.Id, over);
        var (request, inline, wrong) = Request(known);
        if (request is null)
        {
            await FinishAsync(new Sending(AttemptEnd.Answered, Error: $"invalid_input: {wrong}"), abort);
            return;
        }

        if (await SettleAsync(known, request, abort)) return;
        var service = first.Route.Service;
        var failures = known.Attempts.Count(attempt => attempt.Began >= known.QueuedAt && attempt.Outcome is AttemptEnd.ServerError or AttemptEnd.ConnectionFault or AttemptEnd.TimedOut);
        var number = known.Attempts.Count > 0 ? known.Attempts[^1].Number : 0;
        var grant = first;
        while (true)
        {
            if (await SendAsync(grant, ++number, request, inline, over, abort) is not { } sent) return;
            var isCurable = sent.End is AttemptEnd.ServerError or AttemptEnd.ConnectionFault || (sent.End == AttemptEnd.TimedOut && request.MayBeSentTwice);
            if (!isCurable || failures++ >= service.MaxRetries)
            {
                await FinishAsync(sent, abort);
                return;
            }

            using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, over);
            await RestAsync(service.RetryDelay, either.Token);
            grant = await EnterAgainAsync(grant, either.Token);
        }
    }

    private async ValueTask RestAsync(TimeSpan delay, CancellationToken ct)
    {
        rest(true);
        try
        {
            await Task.Delay(delay, ports.Time, ct);
        }
        finally
        {
            rest(false);
        }
    }

    /// <summary>What an earlier process left of the job. True when that is its end.</summary>
    private async ValueTask<bool> SettleAsync(ServiceJob known, ServiceRequest request, CancellationToken abort)
    {
        if (known.Attempts is not [.., var last] || last.Began < known.QueuedAt) return false;
        if (last is { Outcome: AttemptEnd.Answered } && known.Reply is { } reply)
        {
            await FinishAsync(new Sending(AttemptEnd.Answered, last.Status, last.Error, reply), abort);
            return true;
        }

        if (last.Ended is not null) return false;
        const string how = "The server went away while the request was at the service.";
        await ports.Store.EndAsync(deployment, job.Id, last with { Ended = ports.Time.GetUtcNow(), Outcome = AttemptEnd.Interrupted, Error = how }, reply: null, CancellationToken.None);
        if (request.MayBeSentTwice) return false;
        await FinishAsync(Interrupted(how), abort);
        return true;
    }

    /// <returns>Null when there is nothing more to do: the job is another's, or has ended.</returns>
    private async ValueTask<Sending?> SendAsync(Grant grant, int number, ServiceRequest request, byte[]? inline, CancellationToken over, CancellationToken abort)
    {
        var attempt = new RequestAttempt(number, ports.Time.GetUtcNow(), Ended: null, Outcome: null, Status: null, Error: null, grant.Backend.Id);
        using var place = grant;
        if (!await ports.Store.BeginAsync(deployment, job.Id, ports.Worker, attempt, CancellationToken.None)) return null;
        Sending sent;
        var isFull = false;
        try
        {
            sent = await ports.Sender.SendAsync(grant, deployment, job.Id, request, inline, Full, over);
        }
        catch (OperationCanceledException)
        {
            sent = _hasEnded ? new Sending(AttemptEnd.Stopped) : Interrupted("The server stopped while the request was at the service.");
        }

        if (sent.End == AttemptEnd.ConnectionFault)
        {
            ports.Doubt(grant.Backend.Id);
            // How long it took says nothing of how long a request takes.
            grant.NothingSent = true;
        }

        var ended = attempt with { Ended = ports.Time.GetUtcNow(), Outcome = sent.End, Status = sent.Status, Error = sent.Error };
        await WriteAsync(() => ports.Store.EndAsync(deployment, job.Id, ended, sent.Reply, CancellationToken.None), abort);
        Note(grant, request, inline, attempt.Began, sent);
        if (sent.End == AttemptEnd.Interrupted && request.MayBeSentTwice) throw new OperationCanceledException(over);
        return sent.End == AttemptEnd.Stopped ? null : sent;

        void Full()
        {
            if (!isFull) LogFull(deployment, job.Id);
            isFull = true;
        }
    }

    /// <summary>What came of a sending is known here and nowhere else. Were it not written, the job would end as interrupted, or be done twice.</summary>
    private async ValueTask WriteAsync(Func<ValueTask> write, CancellationToken abort)
    {
        for (var isTold = false; ; isTold = true)
        {
            try
            {
                await write();
                return;
            }
            catch (StorageException error)
            {
                if (!isTold) LogUnwritten(deployment, job.Id, error);
            }

            await Task.Delay(s_storePause, ports.Time, abort);
        }
    }

    /// <summary>A wake or a busy service is waited for as long as the job may live; only sendings count as tries.</summary>
    private async ValueTask<Grant> EnterAgainAsync(Grant last, CancellationToken ct)
    {
        while (true)
        {
            var admitted = await ports.Door.EnterAsync(deployment, new Ask(last.Route.Tenant, AskPriority.Queued, Bytes: 0), ct);
            if (admitted.Grant is { } grant) return grant;
            var pause = admitted.Refusal!.Value.RetryAfter;
            await Task.Delay(pause > TimeSpan.FromSeconds(1) ? pause : TimeSpan.FromSeconds(1), ports.Time, ct);
        }
    }

    private (ServiceRequest? Request, byte[]? Inline, string? Wrong) Request(ServiceJob known)
    {
        if (known.Request is { } kept) return (kept, null, null);
        return ServiceInput.TryParse(job.Input, ports.Limits.MaxDepth, out var wrong) is { } parsed ? (parsed.Request, parsed.Body, null) : (null, null, wrong);
    }

    private async ValueTask FinishAsync(Sending sent, CancellationToken abort)
    {
        var output = sent.Reply is null
            ? null
            : await ReplyDocument.WriteAsync(sent.Reply, ports.Spool, ports.Own.Path($"/api/jobs/{job.Id}/result"), ports.Limits.MaxDepth, CancellationToken.None);
        var error = sent.End switch
        {
            AttemptEnd.SpoolCorrupt => $"spool_corrupt: {sent.Error}",
            AttemptEnd.ConnectionFault => $"connection_fault: {sent.Error}",
            AttemptEnd.TimedOut => $"response_timeout: {sent.Error}",
            AttemptEnd.Interrupted => $"interrupted: {sent.Error}",
            _ => sent.Error,
        };
        await WriteAsync(() => ports.Plane.FinishAsync(deployment, job.Id, new JobResult(ports.Worker, output, error), recycle: false, CancellationToken.None), abort);
    }

    private static Sending Interrupted(string how) => new(
        AttemptEnd.Interrupted, Error: $"{how} Whether it was done is not known, and doing it twice may do harm. Send it again, with an Idempotency-Key if twice is as once.");

    private void Note(Grant grant, ServiceRequest request, byte[]? inline, DateTimeOffset began, Sending sent) => ports.Usage.Record(new RequestUsage(
        grant.Route.Tenant, deployment, RequestKind.Queued, _queuedAt, began - _queuedAt, ports.Time.GetUtcNow() - _queuedAt, sent.Status ?? 0,
        request.Body?.Bytes ?? inline?.Length ?? 0, sent.Reply?.Body?.Bytes ?? 0, grant.ColdStart));

    [LoggerMessage(LogLevel.Warning, "{Deployment}: the answer of job {Job} waits at the service: the spool's disk is full")]
    private partial void LogFull(DeploymentId deployment, JobId job);

    [LoggerMessage(LogLevel.Warning, "{Deployment}: what came of job {Job} cannot be written yet; it is tried until it can")]
    private partial void LogUnwritten(DeploymentId deployment, JobId job, Exception error);

    [LoggerMessage(LogLevel.Warning, "{Deployment}: job {Job} is not watched for a cancellation any more")]
    private partial void LogUnwatched(DeploymentId deployment, JobId job, Exception error);
}
